/** Who owns which slots in gossip mode: claims with config epochs, failures, votes. No clock, no network, no disk of its own. */
@org.jspecify.annotations.NullMarked
package io.cairn.gossip.claims;
