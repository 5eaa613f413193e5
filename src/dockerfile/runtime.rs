//! What EXPOSE and STOPSIGNAL take: ports and signals.

use std::net::IpAddr;

/// Names of signals on Linux, without `SIG`. Source: `signal_linux.go` of moby/sys.
const SIGNALS: [&str; 36] = [
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL",
    "PIPE", "POLL", "PROF", "PWR", "QUIT", "RTMAX", "RTMIN", "SEGV", "STKFLT", "STOP", "SYS",
    "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU",
    "XFSZ",
];

/// Whether this is a signal: a number other than 0, or a name in any case, with `SIG` or without.
/// Source: `ParseSignal` of moby/sys.
pub(super) fn is_signal(text: &str) -> bool {
    if let Ok(number) = text.parse::<i64>() {
        return number != 0;
    }
    let upper = text.to_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let realtime = |prefix: &str, last: u8| {
        let number = name.strip_prefix(prefix);
        number.is_some_and(|n| (1..=last).any(|known| known.to_string() == n))
    };
    SIGNALS.contains(&name) || realtime("RTMIN+", 15) || realtime("RTMAX-", 14)
}

/// Holds a port to `[[address:]port[-port]:]port[-port][/protocol]`.
/// Source: `parsePortSpec` in `convert_expose.go` of BuildKit.
///
/// # Errors
/// Says what is wrong, as BuildKit would refuse it.
pub(super) fn port(text: &str) -> Result<(), String> {
    let (before, inside) = text.rsplit_once(':').unwrap_or(("", text));
    let (address, outside) = before.rsplit_once(':').unwrap_or(("", before));
    let (ports, protocol) = inside.split_once('/').unwrap_or((inside, ""));
    let shown = |text: &str| text.escape_debug().to_string();
    if !matches!(&*protocol.to_lowercase(), "" | "tcp" | "udp" | "sctp") {
        return Err(format!(
            "`{}` is no protocol: `tcp`, `udp` or `sctp`",
            shown(protocol)
        ));
    }
    let bare = address
        .strip_prefix('[')
        .map_or(Some(address), |rest| rest.strip_suffix(']'));
    if !address.is_empty() && bare.is_none_or(|bare| bare.parse::<IpAddr>().is_err()) {
        return Err(format!("`{}` is no address", shown(address)));
    }
    let range = |ports: &str| range(ports).ok_or_else(|| format!("`{}` is no port", shown(ports)));
    let width = range(ports)?;
    if !outside.is_empty() && range(outside)? != width && width > 0 {
        return Err(format!(
            "`{}` and `{}` are ranges of different length",
            shown(outside),
            shown(ports)
        ));
    }
    Ok(())
}

/// How many ports stand behind the first; `None` is no port or range.
fn range(text: &str) -> Option<u16> {
    let number = |text: &str| {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse::<u16>().ok()).flatten()
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    number(last)?.checked_sub(number(first)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_those_that_a_builder_takes() {
        for text in [
            "80",
            "80/tcp",
            "80/UDP",
            "80/",
            "0",
            "65535",
            "8000-8010",
            "8080:80",
            "127.0.0.1:8080:80",
            "[::1]:8080:80",
            "::1:8080:80",
            "127.0.0.1::80",
            "8000-8010:80",
            "8000-8001:80-81/sctp",
            ":80",
        ] {
            assert_eq!(port(text), Ok(()), "{text}");
        }
        for text in [
            "",
            "abc",
            "80/http",
            "65536",
            "-1",
            "+80",
            "80-",
            "9-8",
            "80:",
            "x:80",
            "localhost:1:80",
            "80:80-81",
            "1-3:80-81",
            "1-2-3",
            "[::1:1:80",
            "8 0",
        ] {
            assert!(port(text).is_err(), "{text}");
        }
    }

    #[test]
    fn signals_are_those_that_a_builder_takes() {
        for text in [
            "9",
            "-1",
            "+9",
            "SIGTERM",
            "term",
            "SigKill",
            "SIGRTMIN+3",
            "RTMAX-14",
            "rtmin",
        ] {
            assert!(is_signal(text), "{text}");
        }
        for text in [
            "",
            "0",
            "NOPE",
            "SIG",
            "SIGSIGTERM",
            "RTMIN+16",
            "RTMAX-15",
            "RTMIN+03",
            "9 ",
        ] {
            assert!(!is_signal(text), "{text}");
        }
    }
}
