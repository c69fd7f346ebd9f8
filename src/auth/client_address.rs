//! Where a request comes from. What a proxy says of it is believed only of proxies that the operator named.

use std::fmt;
use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::{FromRequest, HttpRequest};
use ipnet::IpNet;

use crate::app::App;
use crate::error::Error;

/// The network address of a client, as precise as counting wants it: of IPv6 the first 64 bits, since a household has
/// all of the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// From the whole address.
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        })
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromRequest for ClientAddress {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let peer = request
            .peer_addr()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        ready(App::of(request).map(|app| Self::of(app.proxies.client(peer, request.headers()))))
    }
}

/// The proxies whose `X-Forwarded-For` is believed: none, unless some are named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl FromStr for TrustedProxies {
    type Err = String;

    /// Addresses and networks, such as `127.0.0.1,10.0.0.0/8`, separated by commas.
    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let nets = parts.map(|part| {
            let address = part.parse::<IpAddr>().map(IpNet::from);
            address
                .or_else(|_| part.parse::<IpNet>())
                .map_err(|_| format!("'{part}' is neither an address nor a network such as 10.0.0.0/8"))
        });
        Ok(Self(nets.collect::<Result<_, _>>()?))
    }
}

impl TrustedProxies {
    /// The client behind trusted proxies: read from the last hop backwards, up to the first that is not trusted. What
    /// stands before it the client may have written itself.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let lines: Vec<&str> = headers
            .get_all("x-forwarded-for")
            .map(|line| line.to_str().unwrap_or("?"))
            .collect();
        let mut hops = lines.iter().flat_map(|line| line.split(',')).rev();
        while self.has(client) {
            let Some(hop) = hops.next().and_then(address) else {
                break;
            };
            client = hop;
        }
        client
    }

    fn has(&self, address: IpAddr) -> bool {
        self.0.iter().any(|net| net.contains(&address))
    }
}

/// An address as proxies write it, perhaps with a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text);
    let address = bare.parse::<IpAddr>().ok();
    let address = address.or_else(|| text.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn client(trusted: &str, peer: &str, forwarded: &[&str]) -> String {
        let mut request = TestRequest::default();
        for line in forwarded {
            request = request.append_header(("X-Forwarded-For", *line));
        }
        let request = request.to_http_request();
        let proxies: TrustedProxies = trusted.parse().unwrap();
        proxies
            .client(peer.parse().unwrap(), request.headers())
            .to_string()
    }

    #[test]
    fn nobody_is_believed_unless_named() {
        assert_eq!(client("", "192.0.2.9", &["198.51.100.1"]), "192.0.2.9");
        assert_eq!(client("127.0.0.1", "192.0.2.9", &["198.51.100.1"]), "192.0.2.9");
        assert_eq!(
            client("192.0.2.9", "192.0.2.9", &["198.51.100.1"]),
            "198.51.100.1"
        );
        assert_eq!(
            client("192.0.2.0/24", "::ffff:192.0.2.9", &["198.51.100.1:4711"]),
            "198.51.100.1"
        );
    }

    #[test]
    fn what_the_client_wrote_itself_does_not_count() {
        let trusted = "10.0.0.0/8, ::1";
        assert_eq!(
            client(trusted, "10.0.0.1", &["203.0.113.1, 198.51.100.1"]),
            "198.51.100.1"
        );
        assert_eq!(
            client(trusted, "10.0.0.1", &["203.0.113.1", "198.51.100.1, 10.0.0.2"]),
            "198.51.100.1"
        );
        assert_eq!(
            client(trusted, "10.0.0.1", &["203.0.113.1, nonsense"]),
            "10.0.0.1"
        );
        assert_eq!(client(trusted, "::1", &[]), "::1");
        assert_eq!(client(trusted, "::1", &["[2001:db8::1]"]), "2001:db8::1");
        assert_eq!(client(trusted, "::1", &["[2001:db8::1]:443"]), "2001:db8::1");
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        let refused = "10.0.0.0/8,localhost".parse::<TrustedProxies>().unwrap_err();
        assert!(refused.contains("'localhost'"), "{refused}");
    }
}
