export const FLOOR_QUEUE = 'floor';
/** Its own queue, as an exchange's activities have theirs. */
export const FLOOR_ACTIVITY_QUEUE = 'floor-activities';
