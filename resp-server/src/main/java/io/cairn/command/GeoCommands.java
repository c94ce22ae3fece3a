package io.cairn.command;

import io.cairn.keyspace.RealText;
import io.cairn.keyspace.collection.SortedView;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;

/** Positions kept as scores of sorted sets. Redis: geo.c; the searches are in {@link GeoSearch}. */
final class GeoCommands {
    private static final int DISTANCE_DIGITS = 4;

    private GeoCommands() {}

    static List<Command> table() {
        KeySpec one = KeySpec.range(1, 1, 1);
        String read = "readonly @read @geo @slow";
        return List.of(
                Command.data("geoadd", -5, "write denyoom @write @geo @slow", one, GeoCommands::geoadd),
                Command.data("geodist", -4, read, one, GeoCommands::geodist),
                Command.data("geohash", -2, read, one, call -> members(call, false)),
                Command.data("geopos", -2, read, one, call -> members(call, true)));
    }

    /** GEOADD key [NX | XX] [CH] longitude latitude member ... */
    private static void geoadd(Call call) {
        Args args = call.args;
        boolean nx = false;
        boolean xx = false;
        boolean ch = false;
        int first = 2;
        for (; first < args.count(); first++) {
            if (args.is(first, "nx")) {
                nx = true;
            } else if (args.is(first, "xx")) {
                xx = true;
            } else if (args.is(first, "ch")) {
                ch = true;
            } else {
                break;
            }
        }
        int members = (args.count() - first) / 3;
        if (members == 0 || (args.count() - first) % 3 != 0 || (nx && xx)) {
            call.reply().error(ErrorText.SYNTAX);
            return;
        }
        double[] scores = new double[members];
        double[] position = new double[2];
        for (int i = 0; i < members; i++) {
            if (!position(call, first + 3 * i, position)) {
                return;
            }
            scores[i] =
                    GeoHash.encode(position[0], position[1], GeoHash.MAX_STEP).minScore();
        }
        SortedSetCommands.addAll(call, nx, xx, ch, scores, first + 2, 3);
    }

    /** Reads longitude and latitude from an argument on; false when an error was answered. Redis: extractLongLatOrReply. */
    static boolean position(Call call, int from, double[] position) {
        for (int i = 0; i < 2; i++) {
            position[i] = RealText.parse(call.args.address(from + i), call.args.length(from + i));
            if (Double.isNaN(position[i])) {
                call.reply().error(ErrorText.NOT_A_FLOAT);
                return false;
            }
        }
        if (GeoHash.isPosition(position[0], position[1])) {
            return true;
        }
        call.reply()
                .error("ERR invalid longitude,latitude pair " + sixDigits(position[0]) + "," + sixDigits(position[1]));
        return false;
    }

    /** C's {@code %f}. */
    private static String sixDigits(double value) {
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        String digits = new BigDecimal(Math.abs(value))
                .setScale(6, RoundingMode.HALF_EVEN)
                .toPlainString();
        return Math.copySign(1, value) < 0 ? "-" + digits : digits;
    }

    /** Meters of the unit of an argument, or -1 when an error was answered. Redis: extractUnitOrReply. */
    static double unit(Call call, int i) {
        Args args = call.args;
        if (args.is(i, "m")) {
            return 1;
        } else if (args.is(i, "km")) {
            return 1000;
        } else if (args.is(i, "ft")) {
            return 0.3048;
        } else if (args.is(i, "mi")) {
            return 1609.34;
        }
        call.reply().error("ERR unsupported unit provided. please use M, KM, FT, MI");
        return -1;
    }

    /** GEODIST key member1 member2 [unit]. */
    private static void geodist(Call call) {
        Args args = call.args;
        double unit = 1;
        if (args.count() == 5) {
            unit = unit(call, 4);
            if (unit < 0) {
                return;
            }
        } else if (args.count() > 5) {
            call.reply().error(ErrorText.SYNTAX);
            return;
        }
        Reply reply = call.reply();
        try (SortedView set = SortedReplies.find(call, 1, reply::nil)) {
            if (set == null) {
                return;
            }
            long one = set.find(args.address(2), args.length(2));
            long other = set.find(args.address(3), args.length(3));
            if (one == SortedView.NONE || other == SortedView.NONE) {
                reply.nil();
                return;
            }
            GeoHash.Area from = GeoHash.decode(set.score(one));
            GeoHash.Area to = GeoHash.decode(set.score(other));
            distance(reply, GeoHash.distance(from.longitude(), from.latitude(), to.longitude(), to.latitude()) / unit);
        }
    }

    /** Four digits behind the point. Redis: addReplyDoubleDistance, fixedpoint_d2string. */
    static void distance(Reply reply, double distance) {
        if (distance == 0) {
            reply.bulk("0.0000");
            return;
        }
        long scaled = (long) Math.rint(distance * 10_000);
        reply.bulk(BigDecimal.valueOf(scaled, DISTANCE_DIGITS).toPlainString());
    }

    /** Up to 17 digits behind the point. Redis: addReplyHumanLongDouble. */
    static void coordinate(Reply reply, double degrees) {
        BigDecimal shown = new BigDecimal(degrees).setScale(17, RoundingMode.HALF_EVEN);
        reply.real(shown.signum() == 0 ? "0" : shown.stripTrailingZeros().toPlainString());
    }

    static void coordinates(Reply reply, GeoHash.Area area) {
        reply.array(2);
        coordinate(reply, area.longitude());
        coordinate(reply, area.latitude());
    }

    /** GEOPOS key member ..., GEOHASH key member ... */
    private static void members(Call call, boolean positions) {
        Args args = call.args;
        Reply reply = call.reply();
        int members = args.count() - 2;
        Runnable none = positions ? reply::nilArray : reply::nil;
        Runnable absent = () -> {
            reply.array(members);
            for (int i = 0; i < members; i++) {
                none.run();
            }
        };
        try (SortedView set = SortedReplies.find(call, 1, absent)) {
            if (set == null) {
                return;
            }
            reply.array(members);
            for (int i = 2; i < args.count(); i++) {
                long at = set.find(args.address(i), args.length(i));
                if (at == SortedView.NONE) {
                    none.run();
                } else if (positions) {
                    coordinates(reply, GeoHash.decode(set.score(at)));
                } else {
                    reply.bulk(GeoHash.text(set.score(at)));
                }
            }
        }
    }
}
