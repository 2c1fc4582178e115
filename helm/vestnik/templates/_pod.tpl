{{/* What every pod has, the migration's too: who it is, and where it runs. */}}
{{- define "vestnik.podBasics" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.pods.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.pods.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.pods.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.pods.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  # The user of the image.
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{/* What every container has. Why a process ended stands in the pod's status, without its log. */}}
{{- define "vestnik.containerBasics" -}}
image: {{ include "vestnik.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
terminationMessagePolicy: FallbackToLogsOnError
securityContext:
  allowPrivilegeEscalation: false
  privileged: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{- define "vestnik.otherVariables" -}}
{{- with .Values.logFilter }}
- name: VESTNIK_LOG
  value: {{ . | quote }}
{{- end }}
{{- range $name, $value := .Values.env }}
- name: {{ $name }}
  value: {{ $value | replace "$" "$$" | quote }}
{{- end }}
{{- end -}}

{{/* Nodes first, then zones. */}}
{{- define "vestnik.spread" -}}
{{- range $topology := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
- maxSkew: 1
  topologyKey: {{ $topology }}
  whenUnsatisfiable: {{ $.root.Values.pods.spread }}
  labelSelector:
    matchLabels:
      {{- include "vestnik.selector" $ | nindent 6 }}
  # Pods of the release before do not count, so that an upgrade spreads evenly too.
  matchLabelKeys: [pod-template-hash]
{{- end }}
{{- end -}}

{{/* Alive: the process answers. Ready: the ledger and, where it is used, the broker answer too. A
     provider that is away takes no pod out: the others are used. */}}
{{- define "vestnik.probes" -}}
livenessProbe:
  httpGet: { path: /healthz, port: http }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: { path: /readyz, port: http }
  periodSeconds: 5
  # The ledger has two seconds to answer.
  timeoutSeconds: 4
  failureThreshold: 2
{{- end -}}
