package io.cairn.command;

import io.cairn.keyspace.RealText;
import io.cairn.keyspace.collection.SortedView;
import org.jspecify.annotations.Nullable;

/** The arguments of a search by position. Redis: georadiusGeneric. */
final class GeoQuery {
    enum Kind {
        /** GEORADIUS. */
        POSITION,
        /** GEORADIUSBYMEMBER. */
        MEMBER,
        /** GEOSEARCH. */
        SEARCH
    }

    final Kind kind;
    /** Longitude and latitude of the middle. */
    final double[] position = new double[2];

    boolean isBox;
    double radius;
    double width;
    double height;
    /** Meters of the unit that the shape is given in. */
    double unit;

    boolean withDistance;
    boolean withHash;
    boolean withCoordinates;
    /** Nearest first: 1, farthest first: -1, as found: 0. */
    int order;
    /** Most members wanted, 0 for all. */
    long count;
    /** Argument of the key for the result, 0 if it is answered. */
    int storeKey;

    boolean storeDistance;

    private final Call call;
    private final Args args;
    private final boolean mayStore;
    private final @Nullable SortedView set;
    private boolean any;
    private boolean fromMember;
    private boolean fromPosition;
    private boolean byRadius;

    /** @param set what is searched, null if there is none */
    GeoQuery(Call call, Kind kind, boolean mayStore, @Nullable SortedView set) {
        this.call = call;
        this.args = call.args;
        this.kind = kind;
        this.mayStore = mayStore;
        this.set = set;
    }

    /** With ANY, enough were found. */
    boolean isFull(int found) {
        return any && found >= count;
    }

    /** Meters from the middle, or -1 if a position is out of the shape. Redis: geoWithinShape. */
    double distance(double longitude, double latitude) {
        if (!isBox) {
            double distance = GeoHash.distance(position[0], position[1], longitude, latitude);
            return distance > radius * unit ? -1 : distance;
        }
        if (GeoHash.distance(latitude, position[1]) > height * unit / 2
                || GeoHash.distance(longitude, latitude, position[0], latitude) > width * unit / 2) {
            return -1;
        }
        return GeoHash.distance(position[0], position[1], longitude, latitude);
    }

    /** False when an error was answered. */
    boolean parse() {
        int first;
        switch (kind) {
            case POSITION -> {
                first = 6;
                if (!GeoCommands.position(call, 2, position) || !circle(4)) {
                    return false;
                }
            }
            case MEMBER -> {
                first = 5;
                if (set != null && (!member(2) || !circle(3))) {
                    return false;
                }
            }
            default -> {
                first = mayStore ? 3 : 2;
                storeKey = mayStore ? 1 : 0;
            }
        }
        return options(first) && complete();
    }

    private boolean options(int first) {
        for (int i = first; i < args.count(); i++) {
            int used = flag(i) ? 0 : valued(i, args.count() - i - 1);
            if (used < 0) {
                return false;
            }
            i += used;
        }
        return true;
    }

    private boolean flag(int i) {
        if (args.is(i, "withdist")) {
            withDistance = true;
        } else if (args.is(i, "withhash")) {
            withHash = true;
        } else if (args.is(i, "withcoord")) {
            withCoordinates = true;
        } else if (args.is(i, "any")) {
            any = true;
        } else if (args.is(i, "asc")) {
            order = 1;
        } else if (args.is(i, "desc")) {
            order = -1;
        } else if (mayStore && kind == Kind.SEARCH && args.is(i, "storedist")) {
            storeDistance = true;
        } else {
            return false;
        }
        return true;
    }

    /** Reads an option with values, of which there are at most {@code left}: how many it has, -1 when an error was answered. */
    private int valued(int i, int left) {
        boolean search = kind == Kind.SEARCH;
        if (args.is(i, "count") && left >= 1) {
            return count(i + 1) ? 1 : -1;
        }
        if (!search && mayStore && left >= 1 && (args.is(i, "store") || args.is(i, "storedist"))) {
            storeKey = i + 1;
            storeDistance = args.is(i, "storedist");
            return 1;
        }
        if (search && !fromPosition && left >= 1 && args.is(i, "frommember")) {
            fromMember = true;
            return set == null || member(i + 1) ? 1 : -1;
        }
        if (search && !fromMember && left >= 2 && args.is(i, "fromlonlat")) {
            fromPosition = true;
            return GeoCommands.position(call, i + 1, position) ? 2 : -1;
        }
        if (search && !isBox && left >= 2 && args.is(i, "byradius")) {
            byRadius = true;
            return circle(i + 1) ? 2 : -1;
        }
        if (search && !byRadius && left >= 3 && args.is(i, "bybox")) {
            isBox = true;
            return box(i + 1) ? 3 : -1;
        }
        call.reply().error(ErrorText.SYNTAX);
        return -1;
    }

    private boolean count(int i) {
        if (!CounterCommands.isInteger(call, i)) {
            return false;
        }
        count = Decimal.parse(args.address(i), args.length(i));
        return count > 0 || refuse("ERR COUNT must be > 0");
    }

    private boolean member(int i) {
        if (set == null) {
            return true;
        }
        long at = set.find(args.address(i), args.length(i));
        if (at == SortedView.NONE) {
            return refuse("ERR could not decode requested zset member");
        }
        GeoHash.Area area = GeoHash.decode(set.score(at));
        position[0] = area.longitude();
        position[1] = area.latitude();
        return true;
    }

    /** Redis: extractDistanceOrReply. */
    private boolean circle(int i) {
        radius = RealText.parse(args.address(i), args.length(i));
        if (Double.isNaN(radius)) {
            return refuse("ERR need numeric radius");
        }
        if (radius < 0) {
            return refuse("ERR radius cannot be negative");
        }
        unit = GeoCommands.unit(call, i + 1);
        return unit >= 0;
    }

    /** Redis: extractBoxOrReply. */
    private boolean box(int i) {
        width = RealText.parse(args.address(i), args.length(i));
        if (Double.isNaN(width)) {
            return refuse("ERR need numeric width");
        }
        height = RealText.parse(args.address(i + 1), args.length(i + 1));
        if (Double.isNaN(height)) {
            return refuse("ERR need numeric height");
        }
        if (height < 0 || width < 0) {
            return refuse("ERR height or width cannot be negative");
        }
        unit = GeoCommands.unit(call, i + 2);
        return unit >= 0;
    }

    private boolean complete() {
        if (storeKey != 0 && (withDistance || withHash || withCoordinates)) {
            return refuse("ERR " + (kind == Kind.SEARCH ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS")
                    + " is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
        }
        if (kind == Kind.SEARCH && !fromMember && !fromPosition) {
            return refuse(
                    "ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for " + ErrorText.argument(args, 0));
        }
        if (kind == Kind.SEARCH && !byRadius && !isBox) {
            return refuse("ERR exactly one of BYRADIUS and BYBOX can be specified for " + ErrorText.argument(args, 0));
        }
        if (any && count == 0) {
            return refuse("ERR the ANY argument requires COUNT argument");
        }
        if (count != 0 && order == 0 && !any) {
            order = 1;
        }
        return true;
    }

    private boolean refuse(String error) {
        call.reply().error(error);
        return false;
    }
}
