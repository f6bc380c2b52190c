#!/usr/bin/perl
# Asks Grafana whether the sender of a request is signed in there: a FastCGI
# authorizer for Apache (see grafana.conf in this directory) and for lighttpd (see
# lighttpd/grafana.conf), which cannot ask by themselves. nginx can.
# Guide: fcgi/grafana.md
#
# It needs only Debian's perl-base. Its standard input is the listening socket, as
# systemd and lighttpd provide it. The environment variable GRAFANA_LOGIN is the
# URL to ask:
#
#   http://127.0.0.1:3000/api/user         200: signed in, 401: not. The default
#   http://127.0.0.1:3000/api/login/ping   anonymous viewers count as well
#
# If Grafana is below a path, insert that path.

use strict;
use warnings;
use IO::Socket::INET;

my $SECONDS = 10;          # that one request may take
my $PARAMS_MAX = 1 << 16;  # bytes; the web server bounds the headers
my ($BEGIN, $END, $PARAMS, $STDOUT) = (1, 3, 4, 6);
my $AUTHORIZER = 2;

my $url = $ENV{GRAFANA_LOGIN} || 'http://127.0.0.1:3000/api/user';
my ($host, $port, $path) = $url =~ m{^http://([^/:]+|\[[^\]]+\]):(\d+)(/\S*)$}
    or die "GRAFANA_LOGIN is not like http://127.0.0.1:3000/api/user: $url\n";

# --- FastCGI 1.0 -------------------------------------------------------------

sub read_exactly {
    my ($client, $length) = @_;
    my $bytes = '';
    while (length $bytes < $length) {
        sysread($client, $bytes, $length - length $bytes, length $bytes)
            or die "the web server has hung up\n";
    }
    return $bytes;
}

sub read_record {
    my ($client) = @_;
    my ($version, $type, $id, $length, $padding) =
        unpack 'CCnnC', read_exactly($client, 8);
    $version == 1 or die "this is not FastCGI\n";
    my $content = read_exactly($client, $length);
    read_exactly($client, $padding);
    return ($type, $id, $content);
}

# A length is one byte, or four with the first bit set.
sub take_length {
    my ($bytes) = @_;
    return unpack 'C', substr($$bytes, 0, 1, '')
        if length $$bytes && ord($$bytes) < 128;
    return (unpack 'N', substr($$bytes, 0, 4, '') . "\0" x 4) & 0x7fffffff;
}

sub parse_params {
    my ($bytes) = @_;
    my %params;
    while (length $bytes) {
        my ($name, $value) = (take_length(\$bytes), take_length(\$bytes));
        $name + $value <= length $bytes or die "a parameter is cut off\n";
        $name = substr $bytes, 0, $name, '';
        $params{$name} = substr $bytes, 0, $value, '';
    }
    return \%params;
}

# The id of the request and its parameters.
sub read_request {
    my ($client) = @_;
    my ($type, $id, $content) = read_record($client);
    $type == $BEGIN && unpack('n', $content) == $AUTHORIZER
        or die "this is not a request to an authorizer\n";
    my $params = '';
    while (1) {
        ($type, undef, $content) = read_record($client);
        next if $type != $PARAMS;
        return ($id, parse_params($params)) if $content eq '';
        $params .= $content;
        length $params <= $PARAMS_MAX or die "the headers are too long\n";
    }
}

sub send_reply {
    my ($client, $id, $text) = @_;
    my $reply = '';
    for ([$STDOUT, $text], [$STDOUT, ''], [$END, pack 'NCx3', 0, 0]) {
        my ($type, $content) = @$_;
        $reply .= pack('CCnnCx', 1, $type, $id, length $content, 0) . $content;
    }
    syswrite $client, $reply;
    # With unread input the system would discard the reply.
    shutdown $client, 1;
    1 while sysread $client, my $rest, 4096;
}

# --- Grafana -----------------------------------------------------------------

# The status that Grafana answers with.
sub ask_grafana {
    my ($params) = @_;
    my $grafana = IO::Socket::INET->new(
        PeerAddr => $host, PeerPort => $port, Timeout => $SECONDS)
        or die "Grafana at $host:$port does not answer: $@\n";
    my %headers = (
        Host => $params->{HTTP_HOST} || "$host:$port",
        Cookie => $params->{HTTP_COOKIE},
        'X-Forwarded-For' => $params->{REMOTE_ADDR},
    );
    my $request = "GET $path HTTP/1.0\r\n";
    for my $name (grep { defined $headers{$_} } sort keys %headers) {
        my $value = $headers{$name};
        $value =~ tr/\r\n\0//d;
        $request .= "$name: $value\r\n";
    }
    print $grafana "$request\r\n";
    $grafana->flush;
    my $line = <$grafana>;
    defined $line && $line =~ m{^HTTP/1\.\d (\d{3})}
        or die "Grafana at $host:$port does not speak HTTP\n";
    return $1;
}

sub reply_for {
    my ($status) = @_;
    # Apache requires a user name.
    return "Status: 200 OK\r\nVariable-GRAFANA_LOGIN: grafana\r\n\r\n"
        if $status =~ /^2/;
    return "Status: 401 Unauthorized\r\nContent-Type: text/plain\r\n\r\n"
        . "sign in to Grafana first\n"
        if $status =~ /^40[13]$/;
    die "Grafana answers $path with status $status\n";
}

sub serve {
    my ($client) = @_;
    local $SIG{ALRM} = sub { die "no answer within $SECONDS s\n" };
    alarm $SECONDS;
    my ($id, $params) = read_request($client);
    my $reply = eval { reply_for(ask_grafana($params)) };
    if (!defined $reply) {
        warn "grafana-login: $@";
        $reply = "Status: 503 Service Unavailable\r\n"
            . "Content-Type: text/plain\r\n\r\nGrafana does not answer\n";
    }
    send_reply($client, $id, $reply);
}

# One process for each request, so that none waits for another.
$SIG{CHLD} = 'IGNORE';
$SIG{PIPE} = 'IGNORE';
while (1) {
    accept(my $client, STDIN) or next;
    my $child = fork;
    warn "grafana-login: cannot fork: $!\n" if !defined $child;
    if (defined $child && $child == 0) {
        eval { serve($client); 1 } or warn "grafana-login: $@";
        exit 0;
    }
    close $client;
}
