// Pushes the plan on standard input with OpenTelemetry's SDK and exporter, and prints a line of
// JSON for each push. ../e2e/otel_clients.py describes the plan; only the JavaScript client knows
// `headers`, `repeat` and gauges.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/metric"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
)

type recorded struct {
	Kind, Name, Unit string
	Attributes       map[string]string
	Bounds, Values   []float64
}

type plan struct {
	URL, Temporality, Instance string
	Gzip, Exponential          bool
	Resource                   map[string]string
	Rounds                     []struct {
		Fresh   bool
		Metrics []recorded
	}
}

var background = context.Background()

// The SDK's report on a push.
type said struct {
	Warnings []string `json:"warnings"`
	Errors   []string `json:"errors"`
}

func attributes(of map[string]string) []attribute.KeyValue {
	all := []attribute.KeyValue{}
	for key, value := range of {
		all = append(all, attribute.String(key, value))
	}
	return all
}

// A program in the SDK's terms: a resource, an exporter, instruments.
type program struct {
	provider *sdk.MeterProvider
	meter    metric.Meter
	series   map[string]func(float64, metric.MeasurementOption)
}

// The environment variable of the specification; this version of the exporter does not read it.
func (p *plan) temporality(kind sdk.InstrumentKind) metricdata.Temporality {
	if p.Temporality == "DELTA" && kind != sdk.InstrumentKindUpDownCounter {
		return metricdata.DeltaTemporality
	}
	return metricdata.CumulativeTemporality
}

func (p *plan) aggregation(kind sdk.InstrumentKind) sdk.Aggregation {
	if p.Exponential && kind == sdk.InstrumentKindHistogram {
		return sdk.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}
	}
	return sdk.DefaultAggregationSelector(kind)
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func (p *plan) start() *program {
	options := []otlpmetrichttp.Option{otlpmetrichttp.WithEndpointURL(p.URL),
		otlpmetrichttp.WithTemporalitySelector(p.temporality),
		otlpmetrichttp.WithAggregationSelector(p.aggregation)}
	if p.Gzip {
		options = append(options, otlpmetrichttp.WithCompression(otlpmetrichttp.GzipCompression))
	}
	exporter := must(otlpmetrichttp.New(background, options...))
	if p.Instance != "" {
		p.Resource["service.instance.id"] = p.Instance
	}
	provider := sdk.NewMeterProvider(
		sdk.WithResource(resource.NewSchemaless(attributes(p.Resource)...)),
		sdk.WithReader(sdk.NewPeriodicReader(exporter)))
	return &program{provider, provider.Meter("tests"), map[string]func(float64, metric.MeasurementOption){}}
}

func (p *program) instrument(m recorded) func(float64, metric.MeasurementOption) {
	switch m.Kind {
	case "counter":
		c := must(p.meter.Float64Counter(m.Name, metric.WithUnit(m.Unit)))
		return func(v float64, o metric.MeasurementOption) { c.Add(background, v, o) }
	case "upDownCounter":
		c := must(p.meter.Float64UpDownCounter(m.Name, metric.WithUnit(m.Unit)))
		return func(v float64, o metric.MeasurementOption) { c.Add(background, v, o) }
	default:
		h := must(p.meter.Float64Histogram(m.Name, metric.WithUnit(m.Unit),
			metric.WithExplicitBucketBoundaries(m.Bounds...)))
		return func(v float64, o metric.MeasurementOption) { h.Record(background, v, o) }
	}
}

func (p *program) record(m recorded) {
	if p.series[m.Name] == nil {
		p.series[m.Name] = p.instrument(m)
	}
	for _, value := range m.Values {
		p.series[m.Name](value, metric.WithAttributes(attributes(m.Attributes)...))
	}
}

func main() {
	var p plan
	if err := json.NewDecoder(bufio.NewReader(os.Stdin)).Decode(&p); err != nil {
		panic(err)
	}
	var now said
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { now.Warnings = append(now.Warnings, err.Error()) }))
	running := p.start()
	for _, round := range p.Rounds {
		if round.Fresh {
			running = p.start()
		}
		for _, m := range round.Metrics {
			running.record(m)
		}
		now = said{[]string{}, []string{}}
		if err := running.provider.ForceFlush(background); err != nil {
			now.Errors = append(now.Errors, err.Error())
		}
		fmt.Println(string(must(json.Marshal(now))))
	}
}
