package io.cairn.migrate;

import io.cairn.command.Migrations.Request;
import io.cairn.command.MovingKeys;
import io.cairn.command.MovingKeys.Refused;
import io.cairn.rdb.PayloadBuffer;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One MIGRATE on its way, on a thread of its own. */
final class Migration {
    /** RESTOREs that were sent and not answered. */
    private static final int WINDOW = 64;
    /** In place of a key's number: the reply to ASKING comes. */
    private static final int ASKED = -1;

    private static final String CHANGED =
            "TRYAGAIN A key changed while it was migrated: it was not deleted here, and the"
                    + " target has an older copy";

    private final MovingKeys moving;
    private final MigrateLinks links;
    private final Request request;

    Migration(MovingKeys moving, MigrateLinks links, Request request) {
        this.moving = moving;
        this.links = links;
        this.request = request;
    }

    /** Runs it: an error line, or a status that begins with "+". */
    String run() {
        try {
            if (!moving.anyPresent(request.database(), request.keys())) {
                return "+NOKEY";
            }
            String answer = attempt(false);
            return answer != null ? answer : Objects.requireNonNull(attempt(true), "no third attempt");
        } catch (Refused e) {
            return String.valueOf(e.getMessage());
        }
    }

    /**
     * Tries once. A connection that waited for use may have been closed by the target: so it is asked first, before keys are held,
     * and when it answers nothing, and not for want of time, there is a second try on a new one.
     *
     * @param last there is no other try after this
     * @return the answer, or null to try again
     */
    private @Nullable String attempt(boolean last) throws Refused {
        MigrateLink link = last ? null : links.take(request.host(), request.port());
        boolean used = link != null;
        if (link == null) {
            try {
                link = links.connect(request.host(), request.port(), request.timeoutMillis());
            } catch (IOException | RuntimeException e) {
                return "IOERR error or timeout connecting to the client";
            }
        }
        boolean usable = false;
        Transfer transfer = new Transfer(link, used);
        try {
            link.timeout(request.timeoutMillis());
            String answer = transfer.run();
            usable = transfer.failure == null;
            boolean timedOut = transfer.failure instanceof SocketTimeoutException;
            if (used && transfer.failure != null && !transfer.answered && !timedOut) {
                return null;
            }
            return answer;
        } finally {
            if (usable) {
                links.give(request.host(), request.port(), link);
            } else {
                link.close();
            }
        }
    }

    /** One attempt on one connection. */
    private final class Transfer {
        private final MigrateLink link;
        private final ArrayDeque<Integer> sent = new ArrayDeque<>();
        private final BitSet acknowledged = new BitSet();
        private @Nullable IOException failure;
        private @Nullable String targetError;
        /** Why a key could not be sent. */
        private @Nullable String refusal;

        /** The connection was used before. */
        private final boolean used;

        /** Keys that the target certainly did not take, or that were not sent at all. */
        private final BitSet refused = new BitSet();

        private boolean answered;
        private boolean writing;
        private boolean any;

        Transfer(MigrateLink link, boolean used) {
            this.link = link;
            this.used = used;
        }

        String run() throws Refused {
            try {
                login();
            } catch (IOException e) {
                failure = e;
                return answer();
            }
            if (targetError != null) {
                return answer();
            }
            try (MovingKeys.Held held = moving.hold(request.database(), request.keys(), request.timeoutMillis())) {
                held.sends(request.copy());
                try {
                    send(held);
                } catch (IOException e) {
                    failure = e;
                }
                if (!request.copy() && !acknowledged.isEmpty()) {
                    BitSet changed = held.delete(acknowledged);
                    if (!changed.isEmpty() && targetError == null) {
                        return CHANGED;
                    }
                }
                held.kept(refused);
            }
            return answer();
        }

        private String answer() {
            if (targetError != null) {
                return "ERR Target instance replied with error: " + targetError;
            }
            if (failure != null) {
                return "IOERR error or timeout " + (writing ? "writing" : "reading") + " to target instance";
            }
            String refused = refusal;
            if (refused != null) {
                return refused;
            }
            return any ? "+OK" : "+NOKEY";
        }

        /** Before keys are held: a target that lets nobody in is not worth it. */
        private void login() throws IOException {
            byte[] password = request.password();
            boolean select = link.database != request.target();
            if (password == null && !select && !used) {
                return;
            }
            writing = true;
            if (password != null) {
                byte[] user = request.user();
                link.array(user == null ? 2 : 3);
                link.bulk("AUTH");
                if (user != null) {
                    link.bulk(user);
                }
                link.bulk(password);
            }
            if (select) {
                link.array(2);
                link.bulk("SELECT");
                link.bulk(Long.toString(request.target()));
            }
            if (used) {
                link.array(1);
                link.bulk("PING");
            }
            link.flush();
            writing = false;
            if (password != null) {
                take(link.readLine());
            }
            if (select) {
                take(link.readLine());
                link.database = targetError == null ? request.target() : -1;
            }
            if (used) {
                // Whatever it says, it is there.
                link.readLine();
                answered = true;
            }
        }

        private boolean take(String line) {
            answered = true;
            if (line.startsWith("-")) {
                if (targetError == null) {
                    targetError = line.substring(1);
                }
                link.database = -1;
                return false;
            }
            return true;
        }

        private void send(MovingKeys.Held held) throws IOException {
            try (PayloadBuffer payload = new PayloadBuffer()) {
                for (int i = 0; i < request.keys().size(); i++) {
                    payload.clear();
                    long ttl = read(held, i, payload);
                    if (ttl == MovingKeys.ABSENT && !held.wasSent(i)) {
                        continue;
                    }
                    if (sent.size() >= WINDOW) {
                        receive();
                    }
                    any = true;
                    if (ttl == MovingKeys.ABSENT) {
                        forget(request.keys().get(i));
                        sent.add(ASKED);
                    } else {
                        restore(request.keys().get(i), ttl, payload, held.wasSent(i));
                    }
                    sent.add(i);
                }
            }
            while (!sent.isEmpty()) {
                receive();
            }
        }

        /** A key that cannot be sent stays, as one that the target refuses. */
        private long read(MovingKeys.Held held, int key, PayloadBuffer payload) {
            try {
                return held.read(key, payload);
            } catch (Refused e) {
                if (refusal == null) {
                    refusal = e.getMessage();
                }
                refused.set(key);
                return MovingKeys.ABSENT;
            }
        }

        /** The copy of a key that was deleted here since it was sent. */
        private void forget(byte[] key) throws IOException {
            writing = true;
            link.array(1);
            link.bulk("ASKING");
            link.array(2);
            link.bulk("DEL");
            link.bulk(key);
            writing = false;
        }

        private void restore(byte[] key, long ttl, PayloadBuffer payload, boolean again) throws IOException {
            boolean replace = request.replace() || again;
            writing = true;
            link.array(replace ? 5 : 4);
            link.bulk(request.restore());
            link.bulk(key);
            link.bulk(Long.toString(ttl));
            link.bulk(payload.block().address(), payload.length());
            if (replace) {
                link.bulk("REPLACE");
            }
            writing = false;
        }

        private void receive() throws IOException {
            writing = true;
            link.flush();
            writing = false;
            String line = link.readLine();
            boolean ok = take(line);
            int key = sent.remove();
            if (ok && key != ASKED) {
                acknowledged.set(key);
            } else if (key != ASKED && line.startsWith("-BUSYKEY")) {
                refused.set(key);
            }
        }
    }
}
