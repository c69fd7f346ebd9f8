//! Connections: so many from one address, and none to somebody who takes nothing of what is sent.

use std::any::Any;
use std::collections::HashMap;
use std::net::{IpAddr, Shutdown};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use socket2::SockRef;

/// Whoever takes nothing for so long of what was sent is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// The connections of this process by the addresses that they come from. Cheap to clone.
#[derive(Clone)]
pub struct Connections {
    most: usize,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One of them, until it is dropped.
struct Open {
    all: Connections,
    address: IpAddr,
}

impl Connections {
    /// So many from each address; 0 sets no limit.
    pub fn new(most: usize) -> Self {
        Self {
            most: if most == 0 { usize::MAX } else { most },
            open: Arc::default(),
        }
    }

    /// Takes note of a new connection, for as long as it is open; closes it where there are too many.
    pub fn arrive(&self, stream: &dyn Any, kept: &mut Extensions) {
        let Some(stream) = stream.downcast_ref::<TcpStream>() else {
            return;
        };
        let socket = SockRef::from(stream);
        #[cfg(target_os = "linux")]
        let _ = socket.set_tcp_user_timeout(Some(PATIENCE));
        let _ = socket.set_tcp_keepalive(&socket2::TcpKeepalive::new().with_time(PATIENCE));
        let Ok(address) = stream.peer_addr() else { return };
        let address = address.ip();
        let mut open = self.lock();
        let count = open.entry(address).or_insert(0);
        if *count >= self.most {
            let _ = socket.shutdown(Shutdown::Both);
            return;
        }
        *count += 1;
        drop(open);
        kept.insert(Open {
            all: self.clone(),
            address,
        });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut open = self.all.lock();
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}
