//! Requests, by the template of their route.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Upper bounds of durations, in seconds.
const BOUNDS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// What was asked: as many as there are routes and methods, however much is tried.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Asked {
    /// The template of the path, such as `/v1/coalitions/{coalition}/goals`; `unknown` for all that there is nothing at.
    pub route: &'static str,
    /// The method; `other` for all that nothing answers to.
    pub method: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: &'static str,
    method: &'static str,
    status: u16,
}

/// What is counted of requests. Cheap to clone.
#[derive(Clone)]
pub struct RequestMetrics {
    answered: Family<Answered, Counter>,
    durations: Family<Asked, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
}

/// A request under way, until it is dropped: answered, or given up by who asked.
pub struct InFlight(Gauge);

impl Default for RequestMetrics {
    fn default() -> Self {
        Self {
            answered: Family::default(),
            durations: Family::new_with_constructor(durations),
            in_flight: Gauge::default(),
        }
    }
}

/// An empty histogram of durations.
pub fn durations() -> Histogram {
    Histogram::new(BOUNDS)
}

impl RequestMetrics {
    /// One begins.
    pub fn begin(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// One is answered; its body may still be on its way.
    pub fn end(&self, asked: Asked, status: u16, duration: Duration) {
        self.durations
            .get_or_create(&asked)
            .observe(duration.as_secs_f64());
        let Asked { route, method } = asked;
        let answered = Answered {
            route,
            method,
            status,
        };
        self.answered.get_or_create(&answered).inc();
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("requests", "Requests that were answered", self.answered.clone());
        registry.register_with_unit(
            "request_duration",
            "From a request's head to its answer's head",
            Unit::Seconds,
            self.durations.clone(),
        );
        registry.register(
            "requests_in_flight",
            "Requests that are not yet answered",
            self.in_flight.clone(),
        );
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}
