//! The numbers in which `prim_inet` and the drivers speak, by OTP's names.

/// What the operations of `port_control/3` begin at.
pub const CONTROL: u32 = 0x03f1_a300;

pub mod family {
    pub const UNSPEC: u8 = 0;
    pub const INET: u8 = 1;
    pub const INET6: u8 = 2;
    pub const ANY: u8 = 3;
    pub const LOOPBACK: u8 = 4;
    pub const LOCAL: u8 = 5;
    pub const UNDEFINED: u8 = 6;
}

pub mod kind {
    pub const STREAM: u8 = 1;
    pub const DGRAM: u8 = 2;
}

pub mod request {
    pub const OPEN: u32 = 1;
    pub const CLOSE: u32 = 2;
    pub const CONNECT: u32 = 3;
    pub const PEER: u32 = 4;
    pub const NAME: u32 = 5;
    pub const BIND: u32 = 6;
    pub const SETOPTS: u32 = 7;
    pub const GETOPTS: u32 = 8;
    pub const GETSTAT: u32 = 11;
    pub const GETHOSTNAME: u32 = 12;
    pub const FDOPEN: u32 = 13;
    pub const GETFD: u32 = 14;
    pub const GETTYPE: u32 = 15;
    pub const GETSTATUS: u32 = 16;
    pub const GETSERVBYNAME: u32 = 17;
    pub const GETSERVBYPORT: u32 = 18;
    pub const SETNAME: u32 = 19;
    pub const SETPEER: u32 = 20;
    pub const GETIFLIST: u32 = 21;
    pub const IFGET: u32 = 22;
    pub const IFSET: u32 = 23;
    pub const SUBSCRIBE: u32 = 24;
    pub const GETIFADDRS: u32 = 25;
    pub const ACCEPT: u32 = 26;
    pub const LISTEN: u32 = 27;
    pub const IGNOREFD: u32 = 28;
    pub const GETLADDRS: u32 = 29;
    pub const GETPADDRS: u32 = 30;
    pub const TCP_RECV: u32 = 42;
    pub const TCP_UNRECV: u32 = 43;
    pub const TCP_SHUTDOWN: u32 = 44;
    pub const TCP_SENDFILE: u32 = 45;
    pub const PACKET_RECV: u32 = 60;
}

/// The first byte of an answer.
pub mod reply {
    pub const ERROR: u8 = 0;
    pub const OK: u8 = 1;
}

/// What `getstatus` tells, in bits.
pub mod status {
    pub const OPEN: u32 = 0x0001;
    pub const ACTIVE: u32 = 0x0004;
    pub const LISTEN: u32 = 0x0008;
    pub const CONNECTING: u32 = 0x0010;
    pub const ACCEPTING: u32 = 0x0020;
    pub const BUSY: u32 = 0x0080;
}

pub mod option {
    pub const REUSEADDR: u8 = 0;
    pub const KEEPALIVE: u8 = 1;
    pub const DONTROUTE: u8 = 2;
    pub const LINGER: u8 = 3;
    pub const BROADCAST: u8 = 4;
    pub const OOBINLINE: u8 = 5;
    pub const SNDBUF: u8 = 6;
    pub const RCVBUF: u8 = 7;
    pub const PRIORITY: u8 = 8;
    pub const TOS: u8 = 9;
    pub const NODELAY: u8 = 10;
    pub const MULTICAST_IF: u8 = 11;
    pub const MULTICAST_TTL: u8 = 12;
    pub const MULTICAST_LOOP: u8 = 13;
    pub const ADD_MEMBERSHIP: u8 = 14;
    pub const DROP_MEMBERSHIP: u8 = 15;
    pub const IPV6_V6ONLY: u8 = 16;
    pub const BUFFER: u8 = 20;
    pub const HEADER: u8 = 21;
    pub const ACTIVE: u8 = 22;
    pub const PACKET: u8 = 23;
    pub const MODE: u8 = 24;
    pub const DELIVER: u8 = 25;
    pub const EXITONCLOSE: u8 = 26;
    pub const HIGH_WATERMARK: u8 = 27;
    pub const LOW_WATERMARK: u8 = 28;
    pub const SEND_TIMEOUT: u8 = 30;
    pub const DELAY_SEND: u8 = 31;
    pub const PACKET_SIZE: u8 = 32;
    pub const READ_PACKETS: u8 = 33;
    pub const RAW: u8 = 34;
    pub const SEND_TIMEOUT_CLOSE: u8 = 35;
    pub const MSGQ_HIGH_WATERMARK: u8 = 36;
    pub const MSGQ_LOW_WATERMARK: u8 = 37;
    pub const NETNS: u8 = 38;
    pub const SHOW_ECONNRESET: u8 = 39;
    pub const LINE_DELIMITER: u8 = 40;
    pub const TCLASS: u8 = 41;
    pub const BIND_TO_DEVICE: u8 = 42;
    pub const RECVTOS: u8 = 43;
    pub const RECVTCLASS: u8 = 44;
    pub const PKTOPTIONS: u8 = 45;
    pub const TTL: u8 = 46;
    pub const RECVTTL: u8 = 47;
    pub const NOPUSH: u8 = 48;
    pub const DEBUG: u8 = 99;
}

pub mod active {
    pub const PASSIVE: i32 = 0;
    pub const ONCE: i32 = 2;
    pub const MULTI: i32 = 3;
}

pub mod interface {
    pub const ADDR: u8 = 1;
    pub const BROADADDR: u8 = 2;
    pub const DSTADDR: u8 = 3;
    pub const MTU: u8 = 4;
    pub const NETMASK: u8 = 5;
    pub const FLAGS: u8 = 6;
    pub const HWADDR: u8 = 7;

    pub const UP: u32 = 0x0001;
    pub const BROADCAST: u32 = 0x0002;
    pub const LOOPBACK: u32 = 0x0004;
    pub const POINTTOPOINT: u32 = 0x0008;
    pub const RUNNING: u32 = 0x0010;
    pub const MULTICAST: u32 = 0x0020;
    pub const DOWN: u32 = 0x0100;
    pub const NO_BROADCAST: u32 = 0x0200;
    pub const NO_POINTTOPOINT: u32 = 0x0800;
}

pub mod statistic {
    pub const RECV_CNT: u8 = 1;
    pub const RECV_MAX: u8 = 2;
    pub const RECV_AVG: u8 = 3;
    pub const RECV_DVI: u8 = 4;
    pub const SEND_CNT: u8 = 5;
    pub const SEND_MAX: u8 = 6;
    pub const SEND_AVG: u8 = 7;
    pub const SEND_PEND: u8 = 8;
    pub const RECV_OCT: u8 = 9;
    pub const SEND_OCT: u8 = 10;
}
