image: ghcr.io/acme/app:{{ .Values.tag | default "3.12-v1.1.0" }}
