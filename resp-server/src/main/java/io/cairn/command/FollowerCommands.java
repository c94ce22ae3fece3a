package io.cairn.command;

import io.cairn.command.Followers.Request;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SYNC, PSYNC and REPLCONF: a node's data and all that changes in it, for whoever follows as a replica of Redis does; REPLICAOF, which makes the node
 * follow another, and FAILOVER. Redis: replication.c.
 */
final class FollowerCommands {
    /** Longest address that a follower may announce. Redis: NET_HOST_STR_LEN. */
    private static final int MAX_HOST = 255;

    private static final int MAX_PORT = 65_535;
    private static final Logger LOG = LoggerFactory.getLogger(FollowerCommands.class);

    private FollowerCommands() {}

    static List<Command> table() {
        String sync = "admin noscript no_async_loading no_multi @admin @slow @dangerous";
        String change = "admin noscript no_async_loading stale @admin @slow @dangerous";
        return List.of(
                Command.session("sync", 1, sync, call -> follow(call, null, 0)),
                Command.session("psync", -3, sync, FollowerCommands::psync),
                Command.session("failover", -1, "admin noscript stale @admin @slow @dangerous", FailoverCommand::run),
                Command.session("replicaof", 3, change, FollowerCommands::replicaof),
                Command.session("slaveof", 3, change, FollowerCommands::replicaof),
                Command.session(
                        "replconf",
                        -1,
                        "admin noscript loading stale allow_busy @admin @slow @dangerous",
                        FollowerCommands::replconf));
    }

    private static void psync(SessionCall call) {
        Args args = call.args();
        if (!Decimal.fits(args.address(2), args.length(2))) {
            call.reply().error(ErrorText.NOT_AN_INTEGER);
            return;
        }
        if (args.count() > 3 && args.is(3, "failover")) {
            RoleChange role = call.server().roleChange();
            LOG.warn("Failover request received for replid {}.", args.text(1));
            String error =
                    role == null ? "ERR PSYNC FAILOVER is not for nodes of a cluster." : role.promote(args.text(1));
            if (error != null) {
                call.reply().error(error);
                return;
            }
            LOG.info(
                    "MASTER MODE enabled (failover request from '{}')",
                    call.session().client().address());
        }
        follow(call, args.text(1), Decimal.parse(args.address(2), args.length(2)));
    }

    private static void follow(SessionCall call, @Nullable String id, long position) {
        Session session = call.session();
        if (session.follows()) {
            return; // Redis: ignored.
        }
        Followers followers = call.server().followers();
        Request request = new Request(id, position, session.followerTraits());
        String refusal = followers.refusal(request);
        if (refusal == null) {
            followers.follow(session.follow(), request);
        } else {
            call.reply().error(refusal);
        }
    }

    /** REPLICAOF host port, REPLICAOF NO ONE. */
    private static void replicaof(SessionCall call) {
        Args args = call.args();
        RoleChange role = call.server().roleChange();
        if (role == null) {
            call.reply().error("ERR REPLICAOF not allowed in cluster mode.");
            return;
        }
        if (!role.failoverState().equals("no-failover")) {
            call.reply().error("ERR REPLICAOF not allowed while failing over.");
            return;
        }
        if (args.is(1, "no") && args.is(2, "one")) {
            if (role.lead()) {
                LOG.info(
                        "MASTER MODE enabled (user request from '{}')",
                        call.session().client().address());
            }
            call.reply().ok();
            return;
        }
        if (call.session().follows()) {
            call.reply().error("ERR Command is not valid when client is a replica.");
            return;
        }
        long port = Decimal.fits(args.address(2), args.length(2)) ? Decimal.parse(args.address(2), args.length(2)) : -1;
        if (port < 0 || port > MAX_PORT) {
            call.reply().error("ERR Invalid master port");
        } else if (role.follow(args.text(1), (int) port)) {
            LOG.info(
                    "REPLICAOF {}:{} enabled (user request from '{}')",
                    args.text(1),
                    port,
                    call.session().client().address());
            call.reply().ok();
        } else {
            call.reply().simple("OK Already connected to specified master");
        }
    }

    /** REPLCONF option value ...: what a follower says of itself. ACK has no reply. */
    private static void replconf(SessionCall call) {
        Args args = call.args();
        if (args.count() % 2 == 0) {
            call.reply().error(ErrorText.SYNTAX);
            return;
        }
        FollowerTraits traits = call.session().followerTraits();
        for (int i = 1; i < args.count(); i += 2) {
            if (args.is(i, "ack")) {
                acknowledge(call, i);
                return;
            }
            if (args.is(i, "getack")) {
                return; // Only a primary asks, and not by this way.
            }
            FollowerTraits next = option(call, traits, i);
            if (next == null) {
                return;
            }
            traits = next;
        }
        call.session().followerTraits(traits);
        call.reply().ok();
    }

    /** REPLCONF ACK position [FACK position on disk]. */
    private static void acknowledge(SessionCall call, int i) {
        Args args = call.args();
        if (Decimal.fits(args.address(i + 1), args.length(i + 1))) {
            boolean disk = args.count() > i + 3
                    && args.is(i + 2, "fack")
                    && Decimal.fits(args.address(i + 3), args.length(i + 3));
            call.session()
                    .acknowledges(
                            Decimal.parse(args.address(i + 1), args.length(i + 1)),
                            disk ? Decimal.parse(args.address(i + 3), args.length(i + 3)) : 0);
        }
    }

    /** Null when an error was answered. */
    private static @Nullable FollowerTraits option(SessionCall call, FollowerTraits traits, int i) {
        Args args = call.args();
        if (args.is(i, "listening-port")) {
            Long port = number(args, i + 1);
            if (port == null) {
                call.reply().error(ErrorText.NOT_AN_INTEGER);
                return null;
            }
            return traits.withPort(port.intValue());
        }
        if (args.is(i, "ip-address")) {
            if (args.length(i + 1) > MAX_HOST) {
                call.reply()
                        .error("ERR REPLCONF ip-address provided by replica instance is too long: " + args.length(i + 1)
                                + " bytes");
                return null;
            }
            return traits.withHost(args.text(i + 1));
        }
        if (args.is(i, "capa")) {
            if (args.is(i + 1, "eof")) {
                return traits.withEof();
            }
            return args.is(i + 1, "psync2") ? traits.withSecondIds() : traits;
        }
        if (args.is(i, "rdb-only")) {
            Long on = number(args, i + 1);
            if (on == null || on < 0 || on > 1) {
                call.reply()
                        .error(
                                on == null
                                        ? ErrorText.NOT_AN_INTEGER
                                        : "ERR value is out of range, value must between 0 and 1");
                return null;
            }
            return traits.withDataOnly(on == 1);
        }
        if (args.is(i, "rdb-filter-only")) {
            boolean libraries = args.is(i + 1, "functions");
            if (!libraries && args.length(i + 1) > 0) {
                call.reply().error("ERR Unsupported rdb-filter-only option: " + ErrorText.argument(args, i + 1));
                return null;
            }
            return traits.filtered(libraries);
        }
        call.reply().error("ERR Unrecognized REPLCONF option: " + ErrorText.argument(args, i));
        return null;
    }

    private static @Nullable Long number(Args args, int i) {
        return Decimal.fits(args.address(i), args.length(i)) ? Decimal.parse(args.address(i), args.length(i)) : null;
    }
}
