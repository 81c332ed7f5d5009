# The servers of the bed's Kubernetes: how each is started, and whether it runs. Sourced.
#
# All are on loopback. They live in a mount namespace of their own, in which the places that kubelet, containerd and the provisioner
# of volumes insist on lie in the bed's folder; a process called `namespace` holds it open.
. "$(dirname "${BASH_SOURCE[0]}")/../settings.sh"
run=$bed/run pki=$bed/pki
SERVERS=(etcd apiserver controller-manager scheduler v5front containerd kubelet)
PORTS=(10248 10250 10257 10259 12379 12380 16443)
IMAGE=bed.local/node:1
etcd=http://127.0.0.1:12379 etcd_peer=http://127.0.0.1:12380

command_of() { # command_of SERVER: its command line, in `command`
    case $1 in
    namespace) command=(/usr/bin/sleep infinity) ;;
    etcd) command=("$programs/bin/etcd" --name bed --data-dir "$run/etcd"
        --listen-client-urls $etcd --advertise-client-urls $etcd
        --listen-peer-urls $etcd_peer --initial-advertise-peer-urls $etcd_peer --initial-cluster bed=$etcd_peer) ;;
    apiserver) command=("$programs/bin/kube-apiserver" --etcd-servers=$etcd
        --bind-address=127.0.0.1 --advertise-address=127.0.0.1 --secure-port=16443 --insecure-port=0 --endpoint-reconciler-type=none
        --tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" --client-ca-file="$pki/ca.crt"
        --service-account-key-file="$pki/accounts.pub" --service-account-signing-key-file="$pki/accounts.key"
        --service-account-issuer=https://kubernetes.default.svc --service-cluster-ip-range=10.0.0.0/24
        --authorization-mode=Node,RBAC --kubelet-preferred-address-types=InternalIP --kubelet-certificate-authority="$pki/ca.crt"
        --kubelet-client-certificate="$pki/kubelet-client.crt" --kubelet-client-key="$pki/kubelet-client.key"
        --feature-gates=TTLAfterFinished=true) ;;
    controller-manager) command=("$programs/bin/kube-controller-manager" --kubeconfig="$pki/controller-manager.kubeconfig"
        --bind-address=127.0.0.1 --port=0 --secure-port=10257 --leader-elect=false --root-ca-file="$pki/ca.crt"
        --service-account-private-key-file="$pki/accounts.key" --use-service-account-credentials=true
        --enable-hostpath-provisioner=true --feature-gates=TTLAfterFinished=true) ;;
    scheduler) command=("$programs/bin/kube-scheduler" --kubeconfig="$pki/scheduler.kubeconfig"
        --bind-address=127.0.0.1 --port=0 --secure-port=10259 --leader-elect=false) ;;
    # The link between apiserver and kubelet: killed, it cuts every exec and port-forward while the API goes on.
    v5front) command=("$programs/bin/v5front" "-v5=${v5:-true}" -ca "$pki/ca.crt" -cert "$pki/node.crt"
        -key "$pki/node.key" -client-cert "$pki/kubelet-client.crt" -client-key "$pki/kubelet-client.key") ;;
    containerd) command=("$programs/bin/containerd" --config "$run/containerd.toml") ;;
    # A kubelet refuses a loopback --node-ip, and takes one from its name.
    kubelet) command=("$programs/bin/kubelet" --config="$run/kubelet.yaml" --kubeconfig="$pki/node.kubeconfig"
        --root-dir="$run/kubelet" --cert-dir="$run/kubelet/pki" --hostname-override=127.0.0.1
        --container-runtime=remote --container-runtime-endpoint="unix://$run/containerd.sock" --pod-infra-container-image=$IMAGE) ;;
    *) fail "there is no server \`$1\`; there are ${SERVERS[*]}" ;;
    esac
}

pid_of() { # pid_of SERVER: its process, where it still is that; a number may be another's after the machine's restart
    local pid command
    command_of "$1"
    pid=$(cat "$run/$1.pid" 2>/dev/null) || return 1
    tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -xF -- "${command[-1]}" >/dev/null && echo "$pid"
}

among_servers() { # among_servers COMMAND…: runs it in their mount namespace
    nsenter --mount="/proc/$(pid_of namespace)/ns/mnt" "$@"
}

launch() { # launch SERVER: starts it where it does not run
    local command
    ! pid_of "$1" >/dev/null || return 0
    command_of "$1"
    PATH=$programs/bin:$PATH nsenter --mount="/proc/$(pid_of namespace)/ns/mnt" setsid "${command[@]}" >>"$bed/logs/$1.log" 2>&1 </dev/null &
    echo $! >"$run/$1.pid"
}

await() { # await WHAT SECONDS COMMAND…: until the command succeeds
    local what=$1 deadline=$((SECONDS + $2))
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $deadline ] || fail "$what is not ready in time; the logs are in $bed/logs"
        sleep 0.2
    done
}

await_server() { # await_server SERVER: until it does its work
    case $1 in
    etcd) await etcd 60 listens 12379 ;;
    apiserver) await "the apiserver" 120 kubectl get --raw /readyz ;;
    controller-manager) await "the controller manager" 60 listens 10257 ;;
    scheduler) await "the scheduler" 60 listens 10259 ;;
    v5front) await "the way to the kubelet" 30 listens 10250 ;;
    containerd) await containerd 60 among_servers "$programs/bin/ctr" -a "$run/containerd.sock" version ;;
    kubelet) await "the kubelet" 60 listens 10248 && await "the node" 120 node_is_ready ;; # it is called ready for long after a crash
    esac
}

listens() { # listens PORT
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

node_is_ready() {
    kubectl get node 127.0.0.1 -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' | grep True
}
