/* StreamMap.map for a packet of the epoch that runs. */
#include "lane.h"

enum { STALE = 0x7FFF, REBASE_AFTER = 4096 };

int map_steady(PyObject *map, const Packet *packet, uint16_t *seq, uint32_t *ts)
{
    int64_t base, seq_offset, ts_offset, next_seq;
    int any = read_optional_int(map, name._base, &base);
    if (any < 1)
        return any;
    if ((uint16_t)(packet->seq - base) > REBASE_AFTER) /* time to move the base on, or from before the epoch */
        return 0;
    if (read_int(map, name._seq_offset, &seq_offset) < 0 || read_int(map, name.ts_offset, &ts_offset) < 0 ||
        read_int(map, name.next_seq, &next_seq) < 0)
        return -1;
    *seq = (uint16_t)(packet->seq + seq_offset);
    *ts = (uint32_t)(packet->ts + ts_offset);
    if ((uint16_t)(*seq - next_seq) > STALE) /* a late one, which moves nothing on */
        return 0;
    if (write_int(map, name.next_seq, (uint16_t)(*seq + 1)) < 0 || write_int(map, name.last_ts, *ts) < 0 ||
        set(map, name._last_at, packet->now_object) < 0)
        return -1;
    return 1;
}
