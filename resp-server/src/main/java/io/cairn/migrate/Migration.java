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
     * Tries once. A connection that waited for use may have been closed by the target: so when nothing at all was answered,
     * and not for want of time, there is a second try on a new one.
     *
     * @param last there is no other try after this
     * @return the answer, or null to try again
     */
    private @Nullable String attempt(boolean last) throws Refused {
        MigrateLink link = last ? null : links.take(request.host(), request.port());
        if (link == null) {
            try {
                link = links.connect(request.host(), request.port(), request.timeoutMillis());
            } catch (IOException | RuntimeException e) {
                return "IOERR error or timeout connecting to the client";
            }
        }
        boolean usable = false;
        Transfer transfer = new Transfer(link);
        try {
            link.timeout(request.timeoutMillis());
            String answer = transfer.run();
            usable = transfer.failure == null;
            boolean timedOut = transfer.failure instanceof SocketTimeoutException;
            if (transfer.failure != null && !transfer.answered && !timedOut && !last) {
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

        private boolean answered;
        private boolean writing;
        private boolean any;

        Transfer(MigrateLink link) {
            this.link = link;
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
            if (password == null && !select) {
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
            link.flush();
            writing = false;
            if (password != null) {
                take(link.readLine());
            }
            if (select) {
                take(link.readLine());
                link.database = targetError == null ? request.target() : -1;
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
                    if (ttl == MovingKeys.ABSENT) {
                        continue;
                    }
                    if (sent.size() == WINDOW) {
                        receive();
                    }
                    any = true;
                    restore(request.keys().get(i), ttl, payload);
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
                return MovingKeys.ABSENT;
            }
        }

        private void restore(byte[] key, long ttl, PayloadBuffer payload) throws IOException {
            writing = true;
            link.array(request.replace() ? 5 : 4);
            link.bulk(request.restore());
            link.bulk(key);
            link.bulk(Long.toString(ttl));
            link.bulk(payload.block().address(), payload.length());
            if (request.replace()) {
                link.bulk("REPLACE");
            }
            writing = false;
        }

        private void receive() throws IOException {
            writing = true;
            link.flush();
            writing = false;
            boolean ok = take(link.readLine());
            int key = sent.remove();
            if (ok) {
                acknowledged.set(key);
            }
        }
    }
}
