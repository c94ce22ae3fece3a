/** Redis's RDB format: reading and writing. */
@NullMarked
package io.cairn.rdb;

import org.jspecify.annotations.NullMarked;
