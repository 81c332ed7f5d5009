//! The way to a server.

use super::Entry;

entries! {
    UNREACHABLE = Entry::new("houseplan::connect::unreachable", "{member} cannot be reached")
        .help("check the address of the member in the environment, and that its HTTP port (8123, or 8443 with TLS) can be reached")
        .temporary()
        .explained("
No connection to the HTTP interface of the server was made, so nothing was sent to it and nothing was done. The server
may be down, the address or the port may be wrong (9000 is the native protocol; HTTP is 8123), a port-forward may have
ended, or a firewall may block it. If the way is open, `curl URL/ping` from this machine answers `Ok.`");

    LOST = Entry::new("houseplan::connect::lost", "the connection to {member} was lost before the answer came")
        .cause("perhaps the server died, something on the way closed the connection, or no answer came in time")
        .help("`houseplan resume {run}` finds out what became of the statement before it sends anything again")
        .temporary()
        .explained("
The statement was sent and its answer never came. It may have been carried out, completely or in part, and it may
still run: a lost connection does not end a statement. The outcome of the task is unknown. houseplan waits until no
statement of this task runs any more, and then decides by what a repetition would do.

If this happens again with long statements, look for an idle timeout between this machine and the server. Load
balancers close idle connections after about 60 s. houseplan makes the server send progress every 10 s, but that does
not help if something on the way holds back the answer until it is complete.");

    GATEWAY = Entry::new("houseplan::connect::gateway", "a proxy answers for {member}, but no server behind it")
        .cause("a proxy or a load balancer answers at this address, and the server behind it is down or gone")
        .help("check that the server runs, and that the proxy knows its address; then `houseplan resume {run}`")
        .temporary()
        .explained("
The answer was 502, 503 or 504, without the headers that ClickHouse sends. So it is not from ClickHouse: a proxy in
front of the server says that it found no server. In most cases the statement was not passed on. But it looks the same
if a server died during the statement, or if the proxy did not wait long enough. Therefore the outcome of a statement
that changes something is unknown, and houseplan finds it out before it sends anything again.

In `finally`, `absent: skip` skips a member that is found gone like this several times.");

    NOT_CLICKHOUSE = Entry::new("houseplan::connect::not_clickhouse", "what answers for {member} is not ClickHouse")
        .cause("a proxy, an ingress or another service answers at this address")
        .help("check the `url` of the member in the environment; ClickHouse answers `Ok.` to `curl URL/ping`")
        .explained("
There was an answer, but not in the format of ClickHouse. It may be the error page of a proxy, a login page, the port
of the native protocol (`Port 9000 is for clickhouse-client program`), a redirect (houseplan follows none, because it
would send the password along), or an incomplete answer: a query names its columns even if there are no rows. If a
statement that changes something was sent, it may have been carried out.");
}
