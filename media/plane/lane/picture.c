/* One packet of somebody's picture to everyone who sees them clearly: VideoDownlink.forward behind an open gate. */
#include "lane.h"

static int forward(PyObject *link, const Packet *packet, PyObject *source)
{
    PyObject *method = get(link, name.forward);
    PyObject *args = Py_BuildValue("(OiI)", source, (int)packet->seq, (unsigned int)packet->ts);
    PyObject *kwargs = Py_BuildValue("{OOOy#OO}", name.marker->word, packet->marker ? Py_True : Py_False, name.payload->word,
                                     (const char *)packet->data + packet->offset, (Py_ssize_t)(packet->size - packet->offset),
                                     name.now->word, packet->now_object);
    PyObject *result = method != NULL && args != NULL && kwargs != NULL ? PyObject_Call(method, args, kwargs) : NULL;
    Py_XDECREF(method);
    Py_XDECREF(args);
    Py_XDECREF(kwargs);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* VideoDownlink._stamp: the header extension of this moment, new reference. */
static PyObject *new_stamp(PyObject *block, const Packet *packet)
{
    PyObject *before = get(block, name.before), *after = get(block, name.after), *made = NULL;
    int64_t value_size;
    if (before == NULL || after == NULL || read_int(block, name.value_size, &value_size) < 0)
        goto end;
    if (!PyBytes_CheckExact(before) || !PyBytes_CheckExact(after) || (value_size != 0 && value_size != 3)) {
        PyErr_SetString(PyExc_TypeError, "a header extension is bytes, with three octets for the time or none");
        goto end;
    }
    Py_ssize_t head = PyBytes_GET_SIZE(before), tail = PyBytes_GET_SIZE(after);
    made = PyBytes_FromStringAndSize(NULL, head + value_size + tail);
    if (made == NULL)
        goto end;
    uint8_t *at = (uint8_t *)PyBytes_AS_STRING(made);
    memcpy(at, PyBytes_AS_STRING(before), (size_t)head);
    if (value_size == 3) { /* 6.18 fixed point */
        uint32_t time = (uint32_t)(int64_t)(packet->now * 262144);
        at[head] = (uint8_t)(time >> 16);
        write_16(at + head + 1, (uint16_t)time);
    }
    memcpy(at + head + value_size, PyBytes_AS_STRING(after), (size_t)tail);
end:
    Py_XDECREF(before);
    Py_XDECREF(after);
    return made;
}

/* The same, made once a moment. */
static PyObject *stamp(PyObject *link, const Packet *packet)
{
    double stamped_at;
    if (read_real(link, name._stamped_at, &stamped_at) < 0)
        return NULL;
    if (stamped_at != packet->now) {
        PyObject *block = get(link, name._extension);
        PyObject *made = block != NULL ? new_stamp(block, packet) : NULL;
        Py_XDECREF(block);
        if (made != NULL && set(link, name._stamped_at, packet->now_object) == 0 && set(link, name._stamped, made) == 0)
            return made;
        Py_XDECREF(made);
        return NULL;
    }
    PyObject *stamped = get(link, name._stamped);
    if (stamped != NULL && !PyBytes_CheckExact(stamped)) {
        PyErr_SetString(PyExc_TypeError, "a header extension is bytes");
        Py_CLEAR(stamped);
    }
    return stamped;
}

static PyObject *build(PyObject *link, const Packet *packet, PyObject *extension, uint16_t seq, uint32_t ts)
{
    int64_t type, ssrc;
    if (read_int(link, name._payload_type, &type) < 0 || read_int(link, name.ssrc, &ssrc) < 0)
        return NULL;
    int payload = packet->size - packet->offset;
    Py_ssize_t before = RTP_HEADER + PyBytes_GET_SIZE(extension);
    PyObject *made = PyBytes_FromStringAndSize(NULL, before + payload);
    if (made == NULL)
        return NULL;
    uint8_t *bytes = (uint8_t *)PyBytes_AS_STRING(made);
    bytes[0] = 0x90;
    bytes[1] = (uint8_t)(type | (packet->marker ? 0x80 : 0));
    write_16(bytes + 2, seq);
    write_32(bytes + 4, ts);
    write_32(bytes + 8, (uint32_t)ssrc);
    memcpy(bytes + RTP_HEADER, PyBytes_AS_STRING(extension), (size_t)PyBytes_GET_SIZE(extension));
    memcpy(bytes + before, packet->data + packet->offset, (size_t)payload);
    return made;
}

/* History.add while nothing was asked for again: 1; 0: the Python code does it; -1 with an exception set. */
static int remember_plainly(PyObject *history, uint16_t seq, PyObject *number, PyObject *packet)
{
    PyObject *ring = get(history, name._ring), *seqs = get(history, name._seqs), *again = get(history, name._resent_at);
    int result = ring == NULL || seqs == NULL || again == NULL ? -1 : 0;
    if (result == 0 && PyList_CheckExact(ring) && PyList_CheckExact(seqs) && PyDict_CheckExact(again)) {
        Py_ssize_t size = PyList_GET_SIZE(ring);
        if (PyDict_GET_SIZE(again) == 0 && size > 0 && (size & (size - 1)) == 0 && PyList_GET_SIZE(seqs) == size) {
            Py_ssize_t place = seq & (size - 1);
            result = PyList_SetItem(seqs, place, Py_NewRef(number)) < 0 ||
                             PyList_SetItem(ring, place, Py_NewRef(packet)) < 0
                         ? -1
                         : 1;
        }
    }
    Py_XDECREF(ring);
    Py_XDECREF(seqs);
    Py_XDECREF(again);
    return result;
}

static int remember(PyObject *link, uint16_t seq, PyObject *packet)
{
    PyObject *history = get(link, name._history);
    PyObject *number = PyLong_FromLong(seq);
    int result = -1;
    if (history != NULL && number != NULL) {
        result = Py_IS_TYPE(history, (PyTypeObject *)known.History) ? remember_plainly(history, seq, number, packet) : 0;
        if (result == 0) {
            PyObject *added = PyObject_CallMethodObjArgs(history, name.add->word, number, packet, NULL);
            result = added == NULL ? -1 : 1;
            Py_XDECREF(added);
        }
    }
    Py_XDECREF(history);
    Py_XDECREF(number);
    return result < 0 ? -1 : 0;
}

static int emit(PyObject *link, Way *way, const Packet *packet, uint16_t seq, uint32_t ts)
{
    _Alignas(16) uint8_t buffer[BUFFER];
    PyObject *extension = stamp(link, packet);
    PyObject *made = extension != NULL ? build(link, packet, extension, seq, ts) : NULL;
    Py_XDECREF(extension);
    if (made == NULL)
        return -1;
    int result = -1;
    Py_ssize_t size = PyBytes_GET_SIZE(made);
    if (remember(link, seq, made) == 0 && add_to(link, name.packets_sent, 1) == 0 &&
        add_to(link, name.octets_sent, packet->size - packet->offset) == 0)
        result = 0;
    if (result == 0 && size <= MAX_SRTP_PACKET - MAX_SRTP_TRAILER) {
        memcpy(buffer, PyBytes_AS_STRING(made), (size_t)size);
        result = way_send(way, buffer, (int)size);
    }
    Py_DECREF(made);
    return result;
}

/* 1: sent; 0: nothing was changed, the Python code decides; -1: an exception is set. */
static int forward_steady(PyObject *link, const Packet *packet)
{
    if (Py_TYPE(link) != (PyTypeObject *)known.VideoDownlink)
        return 0;
    int open = is_object(link, name.distance, known.clear);
    if (open == 1)
        open = is_object(link, name.gate, known.open);
    if (open < 1)
        return open;
    PyObject *way = get(link, name._send);
    PyObject *map = get(link, name.map);
    uint16_t seq;
    uint32_t ts;
    int result = 0;
    if (way != NULL && map != NULL && Py_TYPE(way) == &Way_Type && Py_TYPE(map) == (PyTypeObject *)known.StreamMap) {
        result = map_steady(map, packet, &seq, &ts);
        if (result == 1 && emit(link, (Way *)way, packet, seq, ts) < 0)
            result = -1;
    }
    Py_XDECREF(map);
    Py_XDECREF(way);
    return PyErr_Occurred() ? -1 : result;
}

int fan_out_picture(PyObject *subject, const Packet *packet, PyObject *source)
{
    PyObject *pictures = get(subject, name._pictures);
    if (pictures == NULL)
        return -1;
    int result = 0;
    if (!PyTuple_CheckExact(pictures)) {
        PyErr_SetString(PyExc_TypeError, "pictures are a tuple");
        result = -1;
    }
    for (Py_ssize_t i = 0; result == 0 && i < PyTuple_GET_SIZE(pictures); i++) {
        PyObject *link = PyTuple_GET_ITEM(pictures, i); /* the tuple is ours and holds it */
        result = forward_steady(link, packet);
        if (result == 0)
            result = forward(link, packet, source);
        else if (result == 1)
            result = 0;
    }
    Py_DECREF(pictures);
    return result;
}
