// Pushes the plan on standard input with client_golang's push package, and prints the results.
// ../e2e/push_clients.py describes the plan.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/push"
	"github.com/prometheus/common/expfmt"
)

type metric struct {
	Type, Name, Help string
	Labels           prometheus.Labels
	Buckets, Values  []float64
	Native           float64
}

type plan struct {
	URL, Job, Password string
	Grouping           map[string]string
	Text, Defaults     bool
	Rounds             []struct {
		Action  string
		Fresh   bool
		Metrics []metric
	}
}

// The program's metrics by name.
type registry struct {
	*prometheus.Registry
	families map[string]func(prometheus.Labels) func(float64)
}

func newRegistry() *registry {
	return &registry{prometheus.NewRegistry(), map[string]func(prometheus.Labels) func(float64){}}
}

// Records the values of a metric, and creates its family on first use.
func (r *registry) record(m metric) {
	if r.families[m.Name] == nil {
		r.families[m.Name] = r.family(m)
	}
	series := r.families[m.Name](m.Labels)
	for _, value := range m.Values {
		series(value)
	}
}

func (r *registry) family(m metric) func(prometheus.Labels) func(float64) {
	names := []string{}
	for name := range m.Labels {
		names = append(names, name)
	}
	switch m.Type {
	case "counter":
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: m.Name, Help: m.Help}, names)
		r.MustRegister(v)
		return func(l prometheus.Labels) func(float64) { return v.With(l).Add }
	case "gauge":
		v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: m.Name, Help: m.Help}, names)
		r.MustRegister(v)
		return func(l prometheus.Labels) func(float64) { return v.With(l).Set }
	case "histogram":
		v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: m.Name, Help: m.Help, Buckets: m.Buckets,
			NativeHistogramBucketFactor: m.Native}, names)
		r.MustRegister(v)
		return func(l prometheus.Labels) func(float64) { return v.With(l).Observe }
	default:
		v := prometheus.NewSummaryVec(prometheus.SummaryOpts{Name: m.Name, Help: m.Help,
			Objectives: map[float64]float64{0.5: 0.05, 0.99: 0.001}}, names)
		r.MustRegister(v)
		return func(l prometheus.Labels) func(float64) { return v.With(l).Observe }
	}
}

func (p *plan) send(action string, r *registry) error {
	pusher := push.New(p.URL, p.Job).Gatherer(r)
	if p.Defaults {
		pusher.Gatherer(prometheus.DefaultGatherer)
	}
	for name, value := range p.Grouping {
		pusher.Grouping(name, value)
	}
	if p.Password != "" {
		pusher.BasicAuth("push", p.Password)
	}
	if p.Text {
		pusher.Format(expfmt.FmtText)
	}
	switch action {
	case "push":
		return pusher.Push()
	case "add":
		return pusher.Add()
	default:
		return pusher.Delete()
	}
}

func main() {
	var p plan
	if err := json.NewDecoder(os.Stdin).Decode(&p); err != nil {
		panic(err)
	}
	r := newRegistry()
	for _, round := range p.Rounds {
		if round.Fresh {
			r = newRegistry()
		}
		for _, m := range round.Metrics {
			r.record(m)
		}
		if err := p.send(round.Action, r); err != nil {
			fmt.Println(strings.TrimSpace(err.Error()))
		} else {
			fmt.Println("done")
		}
	}
}
