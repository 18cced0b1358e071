//! Which end of a connection had opened it, told from its two ports.

/// Ports from here on are given to those who connect; servers listen below, but for the few named here.
const EPHEMERAL_PORT_MIN: u32 = 32_768;

/// From here on Kubernetes gives ports to services (to the first that others connect from).
const NODE_PORT_MIN: u32 = 30_000;

/// Services that listen above the border: MySQL X, Keystone, flume, DB2, Hadoop, gRPC, HBase, STOMP, ActiveMQ, and others.
const HIGH_SERVICES: [u32; 34] = [
    33_060, 35_357, 41_414, 44_444, 45_672, 47_100, 47_500, 47_808, 50_000, 50_010, 50_020, 50_030,
    50_051, 50_052, 50_053, 50_054, 50_055, 50_060, 50_061, 50_070, 50_075, 50_090, 50_100, 50_470,
    54_321, 60_000, 60_010, 60_020, 60_030, 61_613, 61_614, 61_616, 61_617, 64_738,
];

/// Ports that web servers listen on, so that no connection is opened from them.
const WEB: [u32; 4] = [80, 443, 8_080, 8_443];

/// Ports below the border that somebody we depend on may listen on. All below 1024 are among them.
const LOW_SERVICES: [u32; 31] = [
    1_025, 1_080, 1_433, 1_521, 1_883, 2_049, 2_181, 2_375, 2_376, 2_379, 2_380, 3_000, 3_128,
    3_268, 3_306, 4_222, 4_317, 4_318, 5_000, 5_060, 5_432, 5_601, 5_671, 5_672, 5_984, 6_379,
    6_443, 7_000, 7_001, 7_687, 11_211,
];

/// Whether the other end opened the connection: our port is a listening one, theirs one that is dealt out to those who
/// connect. Behind address translation theirs may be any port; then ours must be one that nobody connects from.
pub(super) fn is_inbound(local: u32, remote: u32) -> bool {
    let listens = local < EPHEMERAL_PORT_MIN || HIGH_SERVICES.contains(&local);
    let dealt_out = remote >= EPHEMERAL_PORT_MIN && !HIGH_SERVICES.contains(&remote);
    (listens && dealt_out) || (WEB.contains(&local) && is_nameless(remote))
}

/// Whether no service is known to listen on this port below the border.
fn is_nameless(port: u32) -> bool {
    let bands = port < 1_024 || (7_000..10_000).contains(&port) || port == 26_257;
    let mongo = (27_017..27_020).contains(&port) || port == 26_379 || port == 20_880;
    port < NODE_PORT_MIN && !bands && !mongo && !LOW_SERVICES.contains(&port)
}

#[cfg(test)]
mod tests {
    use super::is_inbound;

    #[test]
    fn the_end_that_had_opened_the_connection_is_told() {
        for (local, remote) in [
            (8_080, 51_234),
            (443, 5_123),
            (8_443, 1_024 + 2),
            (50_051, 41_877),
            (5_432, 60_123),
        ] {
            assert!(is_inbound(local, remote), "{local} from {remote}");
            assert!(!is_inbound(remote, local), "{remote} to {local}");
        }
    }

    #[test]
    fn what_may_be_a_call_of_ours_is_not_taken_for_one_that_came_in() {
        for (local, remote) in [
            (20_001, 50_051), // a port range that was widened, to a gRPC service
            (20_001, 9_001),
            (8_080, 5_432),
            (8_080, 31_000),
            (443, 61_616),
            (51_234, 51_235),
        ] {
            assert!(!is_inbound(local, remote), "{local} to {remote}");
        }
    }
}
