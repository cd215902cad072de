/** Uploads that one caller has at the same time, at most. */
const OF_CALLER_MAX = 2

/** Places for uploads of this node; each is given back by calling what `enter` answers. */
export interface UploadPlaces {
  /** Undefined: this caller, or everybody, has as many as may be. */
  enter(caller: string): (() => void) | undefined
}

/** @param most of all callers together */
export function uploadPlaces(most: number): UploadPlaces {
  const held = new Map<string, number>()
  let all = 0
  return {
    enter(caller) {
      const own = held.get(caller) ?? 0
      if (all >= most || own >= OF_CALLER_MAX) return undefined
      all += 1
      held.set(caller, own + 1)
      let isOver = false
      return () => {
        if (isOver) return
        isOver = true
        all -= 1
        const left = (held.get(caller) ?? 1) - 1
        if (left === 0) held.delete(caller)
        else held.set(caller, left)
      }
    },
  }
}
