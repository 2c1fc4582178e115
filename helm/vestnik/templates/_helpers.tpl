{{- define "vestnik.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The name of everything in the release: short enough for what is put behind it. */}}
{{- define "vestnik.fullname" -}}
{{- $name := include "vestnik.name" . -}}
{{- $both := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- .Values.fullnameOverride | default $both | trunc 48 | trimSuffix "-" -}}
{{- end -}}

{{- define "vestnik.image" -}}
{{- $tag := printf ":%s" (.Values.image.tag | default .Chart.AppVersion) -}}
{{- $digest := .Values.image.digest -}}
{{- .Values.image.repository -}}{{- $digest | empty | ternary $tag (printf "@%s" $digest) -}}
{{- end -}}

{{/* The components that run, separated by blanks. Without RabbitMQ there is nothing for intake to take. */}}
{{- define "vestnik.components" -}}
{{- $intake := hasKey .Values.secrets "VESTNIK_AMQP_URL" | ternary "intake " "" -}}
{{- .Values.split | ternary (printf "%slanes web" $intake) "gateway" -}}
{{- end -}}

{{/* The component that calls the providers. */}}
{{- define "vestnik.caller" -}}
{{- .Values.split | ternary "lanes" "gateway" -}}
{{- end -}}

{{/* How many pods may call the providers at once: an upgrade has one more, and one that drains. */}}
{{- define "vestnik.mostCallers" -}}
{{- $caller := index .Values (include "vestnik.caller" .) -}}
{{- $pods := $caller.autoscaling.enabled | ternary $caller.autoscaling.maxReplicas $caller.replicas -}}
{{- add $pods 2 -}}
{{- end -}}

{{/* The component that answers HTTP for others than the cluster itself. */}}
{{- define "vestnik.front" -}}
{{- .Values.split | ternary "web" "gateway" -}}
{{- end -}}

{{- define "vestnik.selector" -}}
app.kubernetes.io/name: {{ include "vestnik.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end -}}

{{- define "vestnik.labels" -}}
{{ include "vestnik.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "vestnik.serviceAccount" -}}
{{- $own := .Values.serviceAccount.create | ternary (include "vestnik.fullname" .) "default" -}}
{{- .Values.serviceAccount.name | default $own -}}
{{- end -}}

{{/* A hook runs before the release's own service account is there, so it has the namespace's. */}}
{{- define "vestnik.hookServiceAccount" -}}
{{- .Values.serviceAccount.create | ternary "default" (include "vestnik.serviceAccount" .) -}}
{{- end -}}

{{/* When a hook runs. The weight orders what the hook's pod needs before the pod. */}}
{{- define "vestnik.hook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}
