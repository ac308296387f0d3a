/* Reception.add for a packet that is the very next one (RFC 3550 appendix A.8). */
#include "lane.h"
#include <math.h>

/* 1: of this SSRC, and the successor of the highest so far. */
int reception_expects(PyObject *reception, const Packet *packet)
{
    int64_t ssrc, highest;
    if (Py_TYPE(reception) != (PyTypeObject *)known.Reception)
        return 0;
    if (read_int(reception, name.ssrc, &ssrc) < 0)
        return -1;
    if (ssrc != packet->ssrc)
        return 0;
    int any = read_optional_int(reception, name.highest, &highest);
    if (any < 1)
        return any;
    return (uint16_t)(packet->seq - highest) == 1;
}

int reception_count(PyObject *reception, const Packet *packet)
{
    int64_t clock_rate, before;
    double jitter;
    if (add_to(reception, name.received, 1) < 0 || read_int(reception, name._clock_rate, &clock_rate) < 0)
        return -1;
    uint32_t transit = (uint32_t)(int64_t)(packet->now * (double)clock_rate) - packet->ts;
    int any = read_optional_int(reception, name._transit, &before);
    if (any < 0)
        return -1;
    if (any) {
        uint32_t change = transit - (uint32_t)before;
        uint32_t back = 0 - change;
        double distance = change != 0 && back < change ? back : change;
        if (read_real(reception, name._jitter, &jitter) < 0 ||
            write_real(reception, name._jitter, jitter + (distance - jitter) / 16) < 0)
            return -1;
    }
    if (write_int(reception, name._transit, transit) < 0)
        return -1;
    if (packet->seq == 0 && add_to(reception, name._cycles, 0x10000) < 0)
        return -1;
    return write_int(reception, name.highest, packet->seq);
}
