package io.cairn.command;

import org.jspecify.annotations.Nullable;

/**
 * Cells of the earth's surface by bits of longitude and latitude in turn, and distances. Redis: geohash.c, geohash_helper.c. The results are stored and
 * compared, so they must be the same on every machine: {@link GeoMath} and plain arithmetic.
 */
final class GeoHash {
    /** Bits of each coordinate in a score. */
    static final int MAX_STEP = 26;

    static final double MIN_LATITUDE = -85.05112878;
    static final double MAX_LATITUDE = 85.05112878;
    static final double MIN_LONGITUDE = -180;
    static final double MAX_LONGITUDE = 180;

    private static final double RADIAN = Math.PI / 180.0;
    private static final double EARTH_RADIUS_METERS = 6372797.560856;
    private static final double MERCATOR_MAX = 20037726.37;
    private static final String ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz";
    private static final long EVEN = 0x5555555555555555L;
    private static final long ODD = 0xaaaaaaaaaaaaaaaaL;

    private GeoHash() {}

    /** A cell: the lowest {@code 2 * step} bits. */
    record Cell(long bits, int step) {
        /** The least score of the cell; that of the next cell's is one more than its greatest. */
        long minScore() {
            return bits << (2 * (MAX_STEP - step));
        }

        long endScore() {
            return (bits + 1) << (2 * (MAX_STEP - step));
        }

        /** The cell so many cells to the east and to the north; around the world. Redis: geohash_move_x, geohash_move_y. */
        Cell move(int east, int north) {
            long x = bits & ODD;
            long y = bits & EVEN;
            int unused = Long.SIZE - 2 * step;
            if (east != 0) {
                long others = EVEN >>> unused;
                x = east > 0 ? x + (others + 1) : (x | others) - (others + 1);
                x &= ODD >>> unused;
            }
            if (north != 0) {
                long others = ODD >>> unused;
                y = north > 0 ? y + (others + 1) : (y | others) - (others + 1);
                y &= EVEN >>> unused;
            }
            return new Cell(x | y, step);
        }
    }

    /** What a cell covers, in degrees. */
    record Area(double minLongitude, double maxLongitude, double minLatitude, double maxLatitude) {
        /** Redis: geohashDecodeAreaToLongLat. */
        double longitude() {
            return Math.max(MIN_LONGITUDE, Math.min(MAX_LONGITUDE, (minLongitude + maxLongitude) / 2));
        }

        double latitude() {
            return Math.max(MIN_LATITUDE, Math.min(MAX_LATITUDE, (minLatitude + maxLatitude) / 2));
        }
    }

    static boolean isPosition(double longitude, double latitude) {
        return longitude >= MIN_LONGITUDE
                && longitude <= MAX_LONGITUDE
                && latitude >= MIN_LATITUDE
                && latitude <= MAX_LATITUDE;
    }

    static Cell encode(double longitude, double latitude, int step) {
        return encode(longitude, latitude, step, MIN_LATITUDE, MAX_LATITUDE);
    }

    private static Cell encode(double longitude, double latitude, int step, double minLatitude, double maxLatitude) {
        double y = (latitude - minLatitude) / (maxLatitude - minLatitude);
        double x = (longitude - MIN_LONGITUDE) / (MAX_LONGITUDE - MIN_LONGITUDE);
        long scale = 1L << step;
        return new Cell(spread((long) (y * scale)) | spread((long) (x * scale)) << 1, step);
    }

    /** Each bit moved to twice its place. */
    private static long spread(long number) {
        long x = number & 0xffff_ffffL;
        x = (x | x << 16) & 0x0000ffff0000ffffL;
        x = (x | x << 8) & 0x00ff00ff00ff00ffL;
        x = (x | x << 4) & 0x0f0f0f0f0f0f0f0fL;
        x = (x | x << 2) & 0x3333333333333333L;
        return (x | x << 1) & EVEN;
    }

    /** The bits at even places moved together. */
    private static long gather(long bits) {
        long x = bits & EVEN;
        x = (x | x >>> 1) & 0x3333333333333333L;
        x = (x | x >>> 2) & 0x0f0f0f0f0f0f0f0fL;
        x = (x | x >>> 4) & 0x00ff00ff00ff00ffL;
        x = (x | x >>> 8) & 0x0000ffff0000ffffL;
        return (x | x >>> 16) & 0xffff_ffffL;
    }

    /** Redis: geohashDecode. */
    static Area decode(Cell cell) {
        long y = gather(cell.bits());
        long x = gather(cell.bits() >>> 1);
        double latitudes = MAX_LATITUDE - MIN_LATITUDE;
        double longitudes = MAX_LONGITUDE - MIN_LONGITUDE;
        double scale = 1L << cell.step();
        return new Area(
                MIN_LONGITUDE + (x / scale) * longitudes,
                MIN_LONGITUDE + (((x + 1) & 0xffff_ffffL) / scale) * longitudes,
                MIN_LATITUDE + (y / scale) * latitudes,
                MIN_LATITUDE + (((y + 1) & 0xffff_ffffL) / scale) * latitudes);
    }

    /** The smallest cell that a score stands for. */
    static Area decode(double score) {
        return decode(new Cell(unsigned(score), MAX_STEP));
    }

    /** As x86-64 converts a double to 64 bits without sign; scores need not be positions. */
    private static long unsigned(double score) {
        double half = 0x1p63;
        if (score < half) {
            return (long) score;
        }
        double rest = score - half;
        return (rest < half ? (long) rest : Long.MIN_VALUE) ^ Long.MIN_VALUE;
    }

    /** The eleven characters of the usual geohash of a score's position; the last is always 0. Redis: geohashCommand. */
    static String text(double score) {
        Area area = decode(score);
        long bits = encode(area.longitude(), area.latitude(), MAX_STEP, -90, 90).bits();
        StringBuilder text = new StringBuilder(11);
        for (int i = 1; i <= 10; i++) {
            text.append(ALPHABET.charAt((int) (bits >>> (2 * MAX_STEP - 5 * i)) & 0x1f));
        }
        return text.append('0').toString();
    }

    private static double radians(double degrees) {
        return degrees * RADIAN;
    }

    private static double degrees(double radians) {
        return radians / RADIAN;
    }

    /** Meters between two latitudes. Redis: geohashGetLatDistance. */
    static double distance(double latitude1, double latitude2) {
        return EARTH_RADIUS_METERS * Math.abs(radians(latitude2) - radians(latitude1));
    }

    /** Meters between two positions. Redis: geohashGetDistance. */
    static double distance(double longitude1, double latitude1, double longitude2, double latitude2) {
        double v = GeoMath.sin((radians(longitude2) - radians(longitude1)) / 2);
        if (v == 0) {
            return distance(latitude1, latitude2);
        }
        double y1 = radians(latitude1);
        double y2 = radians(latitude2);
        double u = GeoMath.sin((y2 - y1) / 2);
        double a = u * u + GeoMath.cos(y1) * GeoMath.cos(y2) * v * v;
        return 2.0 * EARTH_RADIUS_METERS * GeoMath.asin(Math.sqrt(a));
    }

    /** Bits of each coordinate so that a cell is about as large as a radius. Redis: geohashEstimateStepsByRadius. */
    private static int steps(double meters, double latitude) {
        if (meters == 0) {
            return MAX_STEP;
        }
        int step = 1;
        for (double range = meters; range < MERCATOR_MAX; range *= 2) {
            step++;
        }
        step -= 2;
        if (latitude > 66 || latitude < -66) {
            step--;
            if (latitude > 80 || latitude < -80) {
                step--;
            }
        }
        return Math.max(1, Math.min(MAX_STEP, step));
    }

    /**
     * The cell of a position and its neighbours (north, south, east, west, north-east, north-west, south-east, south-west), so large that they cover a shape;
     * null for those that do not touch it. Redis: geohashCalculateAreasByShapeWGS84.
     *
     * @param width half of the shape's, meters; likewise {@code height}
     * @param reach meters from the middle to what is farthest
     */
    static @Nullable Cell[] cover(double longitude, double latitude, double width, double height, double reach) {
        double latitudes = degrees(height / EARTH_RADIUS_METERS);
        double edge = latitude < 0 ? latitude - latitudes : latitude + latitudes;
        double longitudes = degrees(width / EARTH_RADIUS_METERS / GeoMath.cos(radians(edge)));
        Area bounds =
                new Area(longitude - longitudes, longitude + longitudes, latitude - latitudes, latitude + latitudes);
        int step = steps(reach, latitude);
        Cell middle = encode(longitude, latitude, step);
        if (step > 1 && isTooSmall(middle, bounds)) {
            step--;
            middle = encode(longitude, latitude, step);
        }
        boolean all = step < 2;
        Area area = decode(middle);
        boolean north = all || !(area.maxLatitude() > bounds.maxLatitude());
        boolean south = all || !(area.minLatitude() < bounds.minLatitude());
        boolean east = all || !(area.maxLongitude() > bounds.maxLongitude());
        boolean west = all || !(area.minLongitude() < bounds.minLongitude());
        return cells(middle, north, south, east, west);
    }

    private static boolean isTooSmall(Cell middle, Area bounds) {
        return decode(middle.move(0, 1)).maxLatitude() < bounds.maxLatitude()
                || decode(middle.move(0, -1)).minLatitude() > bounds.minLatitude()
                || decode(middle.move(1, 0)).maxLongitude() < bounds.maxLongitude()
                || decode(middle.move(-1, 0)).minLongitude() > bounds.minLongitude();
    }

    private static @Nullable Cell[] cells(Cell middle, boolean north, boolean south, boolean east, boolean west) {
        return new @Nullable Cell[] {
            middle,
            north ? middle.move(0, 1) : null,
            south ? middle.move(0, -1) : null,
            east ? middle.move(1, 0) : null,
            west ? middle.move(-1, 0) : null,
            north && east ? middle.move(1, 1) : null,
            north && west ? middle.move(-1, 1) : null,
            south && east ? middle.move(1, -1) : null,
            south && west ? middle.move(-1, -1) : null
        };
    }
}
