{{/* How the configuration comes into a pod: the image has all of it; variables take the place of
     settings, and mounted files the place of files. */}}

{{- define "vestnik.configFolder" -}}/etc/vestnik{{- end -}}

{{- define "vestnik.port" -}}8080{{- end -}}

{{- define "vestnik.publicUrl" -}}
{{- $ingress := .Values.ingress.enabled | ternary (printf "https://%s/" .Values.ingress.host) "" -}}
{{- .Values.publicUrl | default $ingress -}}
{{- end -}}

{{/* The settings that follow from other values, as YAML. Where a whole table stands as text, it
     replaces what the file has there. */}}
{{- define "vestnik.ownSettings" -}}
gateway:
  grace_seconds: {{ .Values.graceSeconds }}
  http:
    listen: 0.0.0.0:{{ include "vestnik.port" . }}
    public_url: {{ include "vestnik.publicUrl" . | quote }}
  ledger:
    sqlite: ""
    postgres: '{ env = "VESTNIK_POSTGRES_URL" }'
  {{- if hasKey .Values.secrets "VESTNIK_AMQP_URL" }}
  broker:
    url: '{ env = "VESTNIK_AMQP_URL" }'
  {{- end }}
  {{- if hasKey .Values.secrets "VESTNIK_REDIS_URL" }}
  redis:
    url: '{ env = "VESTNIK_REDIS_URL" }'
    installation: {{ printf "%s-%s" .Release.Namespace (include "vestnik.fullname" .) | trunc 64 }}
    replicas: {{ include "vestnik.mostCallers" . }}
  {{- end }}
{{- end -}}

{{/* What has another place in the values is refused here, and the place is named. */}}
{{- define "vestnik.refuseOwn" -}}
{{- $places := dict
      "grace_seconds" "graceSeconds"
      "http.listen" "service.port"
      "http.public_url" "publicUrl"
      "ledger.sqlite" "secrets.VESTNIK_POSTGRES_URL"
      "ledger.postgres" "secrets.VESTNIK_POSTGRES_URL"
      "broker.url" "secrets.VESTNIK_AMQP_URL"
      "redis.url" "secrets.VESTNIK_REDIS_URL"
      "redis.installation" "fullnameOverride"
      "redis.replicas" (printf "%s.replicas" (include "vestnik.caller" .)) -}}
{{- range $key, $place := $places -}}
  {{- $path := splitList "." $key -}}
  {{- $table := $.Values.settings.gateway | default dict -}}
  {{- if gt (len $path) 1 -}}{{- $table = get $table (first $path) | default dict -}}{{- end -}}
  {{- if hasKey $table (last $path) -}}
    {{- fail (printf "settings.gateway.%s is set by the chart: give %s instead" $key $place) -}}
  {{- end -}}
{{- end -}}
{{- end -}}

{{/* The variables of these settings: the keys on the way, in capitals. Kubernetes reads `$(…)` in a
     value and `$$` as one `$`, which no setting means. */}}
{{- define "vestnik.variables" -}}
{{- range $key, $value := .settings }}
{{- $name := printf "%s__%s" $.prefix (upper $key) }}
{{- if kindIs "map" $value }}
{{- include "vestnik.variables" (dict "prefix" $name "settings" $value) }}
{{- else }}
- name: {{ $name }}
  value: {{ kindIs "string" $value | ternary $value (toJson $value) | replace "$" "$$" | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* All settings of a pod as variables. */}}
{{- define "vestnik.settings" -}}
{{- include "vestnik.refuseOwn" . -}}
{{- $own := include "vestnik.ownSettings" . | fromYaml -}}
{{- $all := mustMergeOverwrite (deepCopy .Values.settings) $own -}}
- name: VESTNIK_CONFIG
  value: {{ include "vestnik.configFolder" . }}
{{- include "vestnik.variables" (dict "prefix" "VESTNIK" "settings" $all) }}
{{- end -}}

{{/* One secret by reference; takes the variable's name and the place. */}}
{{- define "vestnik.secret" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .from.name }}
      key: {{ .from.key | quote }}
{{- end -}}

{{/* A file's name in a ConfigMap, which has no folders. File names have no dot but that of the ending. */}}
{{- define "vestnik.fileKey" -}}
{{- replace "/" "." . -}}
{{- end -}}

{{- define "vestnik.fileData" -}}
{{- range $path, $text := .Values.files }}
{{ include "vestnik.fileKey" $path }}: {{ $text | toJson }}
{{- end }}
{{- end -}}

{{/* The files are mounted one by one: those of the image that are not named stay as they are. */}}
{{- define "vestnik.mounts" -}}
{{- range $path, $text := .Values.files }}
- name: files
  mountPath: {{ include "vestnik.configFolder" $ }}/{{ $path }}
  subPath: {{ include "vestnik.fileKey" $path }}
  readOnly: true
{{- end }}
{{- with .Values.pods.volumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The volumes; takes the name of the ConfigMap with the files. */}}
{{- define "vestnik.volumes" -}}
{{- if .root.Values.files }}
- name: files
  configMap:
    name: {{ .files }}
{{- end }}
{{- with .root.Values.pods.volumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}
