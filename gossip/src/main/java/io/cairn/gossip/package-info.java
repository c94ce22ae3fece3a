/** Discovery, SWIM health and soft state over ScaleCube, behind a small interface. */
@NullMarked
package io.cairn.gossip;

import org.jspecify.annotations.NullMarked;
