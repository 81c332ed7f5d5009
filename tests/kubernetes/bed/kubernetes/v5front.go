// v5front stands where the apiserver expects the kubelet, and does what an apiserver since Kubernetes 1.30 does by itself: a websocket
// that offers v5.channel.k8s.io is answered here and carried on as SPDY. Everything else is passed on as it came. Both ends are
// Kubernetes' own libraries of 1.32; only what joins them is written here.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"log"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/httpstream/spdy"
	"k8s.io/apimachinery/pkg/util/httpstream/wsstream"
	"k8s.io/apimachinery/pkg/util/proxy"
	protocol "k8s.io/apimachinery/pkg/util/remotecommand"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/util/exec"
)

var (
	v5         = flag.Bool("v5", true, "answer v5; else pass all on")
	listen     = flag.String("listen", "127.0.0.1:10250", "where the apiserver comes")
	kubelet    = flag.String("kubelet", "https://127.0.0.2:10250", "where the kubelet is")
	ca         = flag.String("ca", "", "the cluster's CA")
	cert       = flag.String("cert", "", "the kubelet's certificate, shown to the apiserver")
	key        = flag.String("key", "", "its key")
	clientCert = flag.String("client-cert", "", "the apiserver's certificate, shown to the kubelet")
	clientKey  = flag.String("client-key", "", "its key")
)

func main() {
	flag.Parse()
	pem, err := os.ReadFile(*ca)
	must(err)
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(pem)
	client, err := tls.LoadX509KeyPair(*clientCert, *clientKey)
	must(err)
	target, err := url.Parse(*kubelet)
	must(err)
	http1 := []string{"http/1.1"} // HTTP/2 knows no upgrade
	server := &http.Server{
		Addr:         *listen,
		Handler:      front{target, &tls.Config{RootCAs: trusted, Certificates: []tls.Certificate{client}, NextProtos: http1}},
		TLSConfig:    &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: trusted, NextProtos: http1},
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
	}
	must(server.ListenAndServeTLS(*cert, *key))
}

type front struct {
	kubelet *url.URL
	tls     *tls.Config
}

func (f front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	location := *f.kubelet
	location.Path, location.RawQuery = r.URL.Path, r.URL.RawQuery
	r.Header.Del("Authorization")
	runs := strings.HasPrefix(r.URL.Path, "/exec/") || strings.HasPrefix(r.URL.Path, "/attach/")
	answered := *v5 && runs && wsstream.IsWebSocketRequestWithStreamCloseProtocol(r)
	log.Printf("%s %s offers %q, answered here: %v", r.Method, r.URL.Path, r.Header.Values("Sec-Websocket-Protocol"), answered)
	if answered {
		f.answer(w, r, &location)
		return
	}
	transport := &http.Transport{TLSClientConfig: f.tls}
	proxy.NewUpgradeAwareHandler(&location, transport, false, false, badGateway{}).ServeHTTP(w, r)
}

// answer runs the command over SPDY, and ends with its status on the error channel.
func (f front) answer(w http.ResponseWriter, r *http.Request, location *url.URL) {
	channels := make([]wsstream.ChannelType, 5)
	asked := func(name string, channel int, kind wsstream.ChannelType) bool {
		value := r.URL.Query().Get(name)
		is := value == "1" || value == "true"
		if is {
			channels[channel] = kind
		}
		return is
	}
	stdin := asked("input", 0, wsstream.ReadChannel)
	stdout := asked("output", 1, wsstream.WriteChannel)
	stderr := asked("error", 2, wsstream.WriteChannel)
	channels[3] = wsstream.WriteChannel
	tty := asked("tty", 4, wsstream.ReadChannel)

	socket := wsstream.NewConn(map[string]wsstream.ChannelProtocolConfig{protocol.StreamProtocolV5Name: {Binary: true, Channels: channels}})
	_, streams, err := socket.Open(w, r)
	if err != nil {
		log.Print(err)
		return
	}
	defer socket.Close()
	options := remotecommand.StreamOptions{Tty: tty}
	if stdin {
		options.Stdin = streams[0]
	}
	if stdout {
		options.Stdout = streams[1]
	}
	if stderr {
		options.Stderr = streams[2]
	}
	upgrader, err := spdy.NewRoundTripper(f.tls)
	must(err)
	command, err := remotecommand.NewSPDYExecutorRejectRedirects(upgrader, upgrader, http.MethodPost, location)
	must(err)
	status := statusOf(command.StreamWithContext(r.Context(), options))
	if err := json.NewEncoder(streams[3]).Encode(status); err != nil {
		log.Print(err)
	}
}

func statusOf(err error) metav1.Status {
	var exit exec.CodeExitError
	var told apierrors.APIStatus
	switch {
	case err == nil:
		return metav1.Status{Status: metav1.StatusSuccess}
	case errors.As(err, &exit):
		code := metav1.StatusCause{Type: protocol.ExitCodeCauseType, Message: strconv.Itoa(exit.Code)}
		details := &metav1.StatusDetails{Causes: []metav1.StatusCause{code}}
		return metav1.Status{Status: metav1.StatusFailure, Reason: protocol.NonZeroExitCodeReason, Details: details, Message: err.Error()}
	case errors.As(err, &told):
		return told.Status()
	default:
		return apierrors.NewInternalError(err).Status()
	}
}

type badGateway struct{}

func (badGateway) Error(w http.ResponseWriter, _ *http.Request, err error) {
	http.Error(w, err.Error(), http.StatusBadGateway)
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
