// Writes pushes of the Go client, the inputs of test_protobuf_bytes. See
// README.txt.
package main

import (
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/push"
)

// The body of a push of the collectors.
func pushed(all ...prometheus.Collector) []byte {
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			body, _ = io.ReadAll(r.Body)
		}))
	defer server.Close()
	pusher := push.New(server.URL, "test")
	for _, collector := range all {
		pusher.Collector(collector)
	}
	if err := pusher.Push(); err != nil {
		panic(err)
	}
	return body
}

func write(path string, all ...prometheus.Collector) {
	if err := os.WriteFile(path, pushed(all...), 0o644); err != nil {
		panic(err)
	}
}

func everyType() []prometheus.Collector {
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "requests_total", Help: "Requests, by\ncode \\ path."},
		[]string{"path", "code"})
	requests.WithLabelValues("/", "200").Add(3)
	requests.WithLabelValues("/\u00fc\"\\\n", "404").Inc()
	requests.WithLabelValues("", "500").Add(0.5)
	jobs := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "jobs_total", Help: "Jobs."})
	jobs.(prometheus.ExemplarAdder).AddWithExemplar(
		7, prometheus.Labels{"trace": "abc"})
	load := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "load", Help: "Load."}, []string{"of"})
	load.WithLabelValues("cpu").Set(-1.5)
	load.WithLabelValues("disk").Set(math.Inf(1))
	load.WithLabelValues("net").Set(math.NaN())
	load.WithLabelValues("none").Set(0)
	untyped := prometheus.NewUntypedFunc(prometheus.UntypedOpts{
		Name: "answer"}, func() float64 { return 42 })
	return []prometheus.Collector{requests, jobs, load, untyped}
}

func distributions() []prometheus.Collector {
	latency := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "latency_seconds", Help: "Latency.",
		Buckets: []float64{0.1, 0.5, 1}}, []string{"method"})
	for _, value := range []float64{0.05, 0.1, 0.3, 2} {
		latency.WithLabelValues("GET").Observe(value)
	}
	latency.WithLabelValues("PUT").(prometheus.ExemplarObserver).
		ObserveWithExemplar(0.7, prometheus.Labels{"trace": "abc"})
	latency.WithLabelValues("HEAD")
	size := prometheus.NewSummary(prometheus.SummaryOpts{
		Name: "size_bytes", Help: "Size.",
		Objectives: map[float64]float64{0.5: 0.05, 0.99: 0.001}})
	size.Observe(100)
	size.Observe(250)
	unobserved := prometheus.NewSummary(prometheus.SummaryOpts{
		Name: "wait_seconds", Objectives: map[float64]float64{0.5: 0.05}})
	return []prometheus.Collector{latency, size, unobserved}
}

func native(name string, buckets []float64) prometheus.Collector {
	histogram := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: name, Buckets: buckets, NativeHistogramBucketFactor: 1.1})
	for _, value := range []float64{-3, 0, 0.2, 0.3, 5} {
		histogram.Observe(value)
	}
	return histogram
}

func main() {
	if len(os.Args) != 2 || os.Chdir(os.Args[1]) != nil {
		panic(errors.New("usage: write.go DIRECTORY"))
	}
	write("ok/every-type.bin", everyType()...)
	write("ok/distributions.bin", distributions()...)
	write("ok/native-and-classic.bin", native("both", []float64{0.25, 1}))
	write("ok/go-runtime.bin", collectors.NewGoCollector())
	write("ok/native.bin", native("sparse", nil))
}
