/**
 * A local store of objects, kept true by list and watch, and the news of every change to it.
 *
 * <p><b>Guarantees.</b> For as long as the process lives, every change that reached the API server reaches the store and
 * the listeners, itself or merged into a later state; whatever fails, the next try still comes. The store is seen whole:
 * before the first list is complete it is empty, and a later list replaces it at once. An object that was deleted and
 * created again is told as a delete and an add, also when both happened unseen. What cannot be decoded is reported,
 * stays as it was last known, and is never taken for deleted. A listener that throws is told again what it did not take.
 *
 * <p>With {@link io.kooper.informer.Informer.Builder#shards} all that holds for each shard from the moment when it is complete in
 * the store; the store is empty of a shard before.
 *
 * <p><b>Caveats.</b> States that follow each other quickly may be merged: who needs every single one cannot use list and
 * watch. An object of a source that hands over Java objects is shared by all readers.
 */
@NullMarked
package io.kooper.informer;

import org.jspecify.annotations.NullMarked;
