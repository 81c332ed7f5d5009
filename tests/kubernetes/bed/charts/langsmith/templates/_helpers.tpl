{{- define "langsmith.fullname" -}}
{{- if contains "langsmith" .Release.Name }}{{ .Release.Name | trunc 63 }}{{ else }}{{ printf "%s-langsmith" .Release.Name | trunc 63 }}{{ end }}
{{- end }}

{{- define "langsmith.clickhouseSecretsName" -}}
{{- .Values.clickhouse.external.existingSecretName | default (printf "%s-clickhouse" (include "langsmith.fullname" .)) }}
{{- end }}

{{- define "langsmith.clickhouseHost" -}}
{{ printf "%s-%s.%s.svc.%s" (include "langsmith.fullname" .) .Values.clickhouse.name .Release.Namespace .Values.clusterDomain }}
{{- end }}

{{- define "langsmith.selectorLabels" -}}
app.kubernetes.io/name: langsmith
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "langsmith.labels" -}}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{ include "langsmith.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* Host, credentials and database come from a Secret, the cluster's name stands inline: as in the chart. */}}
{{- define "langsmith.clickhouseEnv" -}}
{{- $secret := include "langsmith.clickhouseSecretsName" . }}
{{- range $name, $key := dict "CLICKHOUSE_DB" "db" "CLICKHOUSE_HOST" "host" "CLICKHOUSE_PORT" "port" "CLICKHOUSE_NATIVE_PORT" "native_port" "CLICKHOUSE_USER" "user" "CLICKHOUSE_PASSWORD" "password" "CLICKHOUSE_TLS" "tls" }}
- name: {{ $name }}
  valueFrom: { secretKeyRef: { name: {{ $secret }}, key: clickhouse_{{ $key }} } }
{{- end }}
- name: CLICKHOUSE_CLUSTER
  value: {{ .Values.clickhouse.external.cluster | quote }}
{{- end }}

{{/* The bed's part of a pod's spec: the node's network, and names for loopback. */}}
{{- define "bed.podSpec" -}}
hostNetwork: true
enableServiceLinks: false
automountServiceAccountToken: false
hostAliases:
  - { ip: 127.0.0.1, hostnames: {{ prepend .Values.bed.hosts (include "langsmith.clickhouseHost" .) | toJson }} }
{{- end }}
