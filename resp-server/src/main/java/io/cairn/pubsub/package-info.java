/** Who listens to which channel on a node, and how messages reach them: see DESIGN.md of the module. */
@NullMarked
package io.cairn.pubsub;

import org.jspecify.annotations.NullMarked;
