# An installation of LangSmith on the bed: its release in one namespace, a replicated ClickHouse in another one. Sourced.
#
# All pods have the node's network, so each installation needs ports of its own. A sandbox of houseplan's chooses them, makes the
# secrets and runs the S3 store, which holds the ports; its other servers make room for the pods, and `sandbox load` fills a pod.
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
ROWS=${ROWS:-20000}

folder_of() { # folder_of NAMESPACE: its sandbox
    echo "$bed/installations/$1"
}

reserve() { # reserve NAMESPACE: ports, secrets, a store
    local folder server
    folder=$(folder_of "$1")
    mkdir -p "$bed/installations"
    quietly "$houseplan" sandbox up --dir "$folder" --replicas 2
    [ -e "$bed/pods/engine.json" ] || lend_engine "$folder"
    for server in source replica1 replica2 keeper; do quietly "$houseplan" sandbox stop $server --dir "$folder"; done
}

lend_engine() { # lend_engine SANDBOX: to the pods, what its servers run
    local settings=$1/servers/source/node.json pid
    cp -r "$1/host" "$bed/pods/host"
    pid=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["pid"])' "$1/processes/source.json")
    # No link: it is by its path that a Python finds its packages.
    printf '#!/bin/sh\nexec %s "$@"\n' "$(tr '\0' '\n' <"/proc/$pid/cmdline" | head -1)" >"$bed/pods/python"
    chmod +x "$bed/pods/python"
    python3 -c 'import json, sys; node = json.load(sys.stdin); json.dump({key: node[key] for key in ("version", "package_dir")}, sys.stdout)' \
        <"$settings" >"$bed/pods/engine.json.new"
    mv "$bed/pods/engine.json.new" "$bed/pods/engine.json"
}

base_port_of() { # base_port_of NAMESPACE: the first of its ports, which are laid out as a sandbox's (src/sandbox/ports.rs)
    sed -n 's/.*"base_port": *\([0-9]*\).*/\1/p' "$(folder_of "$1")/sandbox.json"
}

write_values() { # write_values NAMESPACE CLICKHOUSE_NAMESPACE: what both charts are installed with, and the Secret for the switch
    local folder base password host=langsmith-ch-clickhouse-replicated.$2.svc.cluster.local
    folder=$(folder_of "$1")
    base=$(base_port_of "$1")
    password=$(cat "$folder/secrets/clickhouse-password")
    (umask 077 && cat >"$folder/langsmith.yaml") <<YAML
clickhouse:
  containerHttpPort: $((base + 10))
  containerNativePort: $((base + 20))
  external: { user: default, password: "$password", database: langsmith }
bed:
  keeper: "127.0.0.1:$base"
  interserverPort: $((base + 30))
  hosts: [$host]
YAML
    (umask 077 && cat >"$folder/clickhouse.yaml") <<YAML
password: "$password"
ports: { zookeeper: $base, http: $((base + 11)), native: $((base + 21)), interserver: $((base + 31)) }
YAML
    (umask 077 && cat >"$folder/cluster-secret.yaml") <<YAML
apiVersion: v1
kind: Secret
metadata: { name: langsmith-clickhouse-replicated }
stringData:
  clickhouse_host: $host
  clickhouse_port: "$((base + 11))"
  clickhouse_native_port: "$((base + 21))"
  clickhouse_user: default
  clickhouse_password: "$password"
  clickhouse_db: langsmith
  clickhouse_tls: "false"
YAML
}

install_fixture() { # install_fixture NAMESPACE CLICKHOUSE_NAMESPACE: with data, and writers at work
    local folder chart=$HELM_CHARTS/langsmith
    folder=$(folder_of "$1")
    write_values "$1" "$2"
    quietly kubectl create namespace "$1"
    quietly kubectl create namespace "$2"
    [ "$1" = langsmith ] || quietly kubectl label namespace "$1" "$2" houseplan/test=
    quietly helm install -n "$2" clickhouse "$HELM_CHARTS/clickhouse" -f "$folder/clickhouse.yaml" --wait --timeout 3m
    quietly helm install -n "$1" langsmith "$chart" -f "$folder/langsmith.yaml" --wait --timeout 3m \
        --set queue.deployment.replicas=0,ingestQueue.deployment.replicas=0
    quietly "$houseplan" sandbox load --dir "$folder" --rows "$ROWS"
    quietly helm upgrade -n "$1" langsmith "$chart" -f "$folder/langsmith.yaml" --wait --timeout 3m
    echo "$2" >"$folder/clickhouse-namespace" # the last step: what has it is whole
}

uninstall_fixture() { # uninstall_fixture NAMESPACE CLICKHOUSE_NAMESPACE: with all volumes, those too that a test has told Kubernetes to retain
    quietly kubectl delete namespace "$1" "$2" --ignore-not-found --wait --timeout=120s
    local volume namespace
    while read -r volume namespace; do
        case $namespace in "$1" | "$2") quietly kubectl delete persistentvolume "$volume" --ignore-not-found ;; esac
    done < <(kubectl get persistentvolumes -o 'jsonpath={range .items[*]}{.metadata.name} {.spec.claimRef.namespace}{"\n"}{end}')
    quietly "$houseplan" sandbox down --purge --dir "$(folder_of "$1")"
}
