// Writes expositions of the Go client, the inputs of test_text. See
// README.txt.
package main

import (
	"math"
	"os"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
)

func registry() *prometheus.Registry {
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "requests_total", Help: "Requests, by\ncode \\ \"path\"."},
		[]string{"path", "code"})
	requests.WithLabelValues("/", "200").Add(3)
	requests.WithLabelValues("/\u00fc\"\\\n", "404").Inc()
	requests.WithLabelValues("", "500").Add(0.5)
	load := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "load", Help: "Load."}, []string{"of"})
	load.WithLabelValues("cpu").Set(-1.5)
	load.WithLabelValues("disk").Set(math.Inf(-1))
	load.WithLabelValues("net").Set(math.NaN())
	load.WithLabelValues("tiny").Set(1e-300)
	answer := prometheus.NewUntypedFunc(prometheus.UntypedOpts{
		Name: "answer"}, func() float64 { return 42 })
	latency := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "latency_seconds", Help: "Latency.",
		Buckets: prometheus.ExponentialBuckets(1e-6, 100, 6)},
		[]string{"method"})
	for _, value := range []float64{0.05, 0.1, 0.3, 2} {
		latency.WithLabelValues("GET").Observe(value)
	}
	latency.WithLabelValues("HEAD")
	size := prometheus.NewSummary(prometheus.SummaryOpts{
		Name: "size_bytes", Help: "Size.",
		Objectives: map[float64]float64{0.5: 0.05, 0.99: 0.001}})
	size.Observe(100)
	size.Observe(250)
	wait := prometheus.NewSummary(prometheus.SummaryOpts{
		Name: "wait_seconds", Objectives: map[float64]float64{0.5: 0.05}})
	registry := prometheus.NewRegistry()
	registry.MustRegister(requests, load, answer, latency, size, wait)
	return registry
}

func write(path string, format expfmt.Format) {
	families, err := registry().Gather()
	if err != nil {
		panic(err)
	}
	file, err := os.Create(path)
	if err != nil {
		panic(err)
	}
	encoder := expfmt.NewEncoder(file, format)
	for _, family := range families {
		if err := encoder.Encode(family); err != nil {
			panic(err)
		}
	}
	if closer, ok := encoder.(expfmt.Closer); ok {
		if err := closer.Close(); err != nil {
			panic(err)
		}
	}
}

func main() {
	directory := filepath.Join(os.Args[1], "ok")
	write(filepath.Join(directory, "go.txt"), expfmt.FmtText)
	write(filepath.Join(directory, "go-openmetrics.txt"), expfmt.FmtOpenMetrics)
}
