//! The way to a server.

use super::Entry;

entries! {
    UNREACHABLE = Entry::new("houseplan::connect::unreachable", "{member} cannot be reached")
        .help("check the member's url in the environment, and that its HTTP port (8123, or 8443 with TLS) is reachable from here")
        .temporary()
        .explained("
No connection to the server's HTTP interface was made, so nothing was sent to it and nothing was done. The server is
down, the address or the port is wrong (9000 is the native protocol's; HTTP is 8123), a port-forward has ended, or a
firewall drops what is sent. `curl URL/ping` from this machine answers `Ok.` when the way is open.");

    LOST = Entry::new("houseplan::connect::lost", "the connection to {member} broke before the answer came")
        .cause("the server died, something between cut the connection, or no answer came in the time there is")
        .help("`houseplan resume RUN` finds out what became of the statement before anything is sent again")
        .temporary()
        .explained("
The statement was sent and its answer never came. It may have been carried out, wholly or not, and it may still be
under way: a lost connection does not end a statement. The task is in doubt: houseplan waits until no statement with
its mark runs any more, and settles it by what repeating it would do. If this comes again with long statements, look
for an idle timeout between here and the server: load balancers cut after 60 s or so, and the header of progress that
houseplan has the server send every 10 s reaches them only where nothing before them gathers the whole answer.");

    GATEWAY = Entry::new("houseplan::connect::gateway", "there is no server behind what answers for {member}")
        .cause("a proxy or a load balancer answers at this address, and the server behind it is down or gone")
        .help("see whether the server is up, and whether the proxy knows where it is; then `houseplan resume RUN`")
        .temporary()
        .explained("
The answer was 502, 503 or 504 without any of the headers that a ClickHouse sends, so it is not ClickHouse's: what
stands before the server says that it found none. Most often the statement was not passed on. But a server that died
in the middle of it, or a proxy that had no patience, look the same, so a statement that changes something is in
doubt, and houseplan finds out what became of it before anything is sent again.

In `finally`, `absent: skip` passes over a member that is found gone like this several times in a row.");

    NOT_CLICKHOUSE = Entry::new("houseplan::connect::not_clickhouse", "what answers for {member} is no ClickHouse")
        .cause("a proxy, an ingress or another service answers at this address")
        .help("check the member's url in the environment; `curl URL/ping` answers `Ok.` where a ClickHouse listens")
        .explained("
Something answered, but not in the form that a ClickHouse answers in: a proxy's error page, a login page, the native
protocol's port (`Port 9000 is for clickhouse-client program`), a redirect (none is followed, for the password would go
with it), or an answer that was cut: what reads names its columns even where there are no rows. If a statement that
changes something was sent, it may have been carried out all the same.");
}
