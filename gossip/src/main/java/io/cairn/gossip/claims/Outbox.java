package io.cairn.gossip.claims;

import java.util.ArrayList;
import java.util.List;

/** What one event sends; it goes out when what it rests on is on the disk. */
final class Outbox {
    private record Letter(String to, Place place, Message message) {}

    private final Registry registry;
    private final ClaimPorts ports;
    private final List<Letter> letters = new ArrayList<>();
    private final List<Runnable> answers = new ArrayList<>();

    Outbox(Registry registry, ClaimPorts ports) {
        this.registry = registry;
        this.ports = ports;
    }

    void to(Known other, Message message) {
        to(other.claim.id(), other.claim.place(), message);
    }

    void to(String id, Place place, Message message) {
        letters.add(new Letter(id, place, message));
    }

    void toAll(Message message) {
        registry.others().forEach(other -> to(other, message));
    }

    void toVoters(Message message) {
        for (Known other : registry.others()) {
            if (registry.voters().contains(other.claim.id())) {
                to(other, message);
            }
        }
    }

    /** An operator is answered. */
    void answer(Runnable reply) {
        answers.add(reply);
    }

    void flush() {
        for (Letter letter : letters) {
            byte[] bytes = MessageCodec.encode(
                    new MessageCodec.Envelope(registry.id(), registry.currentEpoch(), letter.message()));
            ports.send(letter.to(), letter.place(), bytes);
        }
        letters.clear();
        List<Runnable> due = List.copyOf(answers);
        answers.clear();
        due.forEach(Runnable::run);
    }
}
