/* One packet of somebody's sound to everyone who hears them: AudioDownlink.forward behind an open gate. */
#include "lane.h"

/* For a viewer whose gate is not plainly open, the Python code decides. */
static int forward(PyObject *link, const Packet *packet, PyObject *source, int level, bool red)
{
    PyObject *method = get(link, name.forward);
    PyObject *args = Py_BuildValue("(OiI)", source, (int)packet->seq, (unsigned int)packet->ts);
    PyObject *kwargs = Py_BuildValue("{OOOy#OiOOOO}", name.marker->word, packet->marker ? Py_True : Py_False, name.payload->word,
                                     (const char *)packet->data + packet->offset, (Py_ssize_t)(packet->size - packet->offset),
                                     name.level->word, level, name.now->word, packet->now_object, name.red->word, red ? Py_True : Py_False);
    PyObject *result = method != NULL && args != NULL && kwargs != NULL ? PyObject_Call(method, args, kwargs) : NULL;
    Py_XDECREF(method);
    Py_XDECREF(args);
    Py_XDECREF(kwargs);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* The outgoing payload type, as in AudioDownlink._may_repeat once the opening is long past; 0: the Python code decides. */
static int outgoing_type(PyObject *link, const Packet *packet, bool red, int64_t *type)
{
    int64_t red_type;
    if (read_int(link, name._payload_type, type) < 0)
        return -1;
    if (!red)
        return 1;
    int any = read_optional_int(link, name._red_payload_type, &red_type);
    if (any < 1)
        return any;
    int plain = is_object(link, name._plain_until, Py_None);
    if (plain < 1)
        return plain;
    if (red_type == 0 || (packet->data[packet->offset] & 0x7F) != *type)
        return 0;
    *type = red_type;
    return 1;
}

/* The header extension for this level, once it has been made; borrowed from the dict, which stays. */
static PyObject *extension_for(PyObject *link, int level)
{
    PyObject *levels = get(link, name._levels);
    PyObject *key = PyLong_FromLong(level);
    PyObject *found = levels != NULL && key != NULL && PyDict_CheckExact(levels)
                          ? Py_XNewRef(PyDict_GetItemWithError(levels, key))
                          : NULL;
    Py_XDECREF(key);
    Py_XDECREF(levels);
    if (found != NULL && !PyBytes_CheckExact(found))
        Py_CLEAR(found);
    return found;
}

static int emit(PyObject *link, Way *way, const Packet *packet, PyObject *extension, int64_t type, uint16_t seq, uint32_t ts)
{
    _Alignas(16) uint8_t buffer[BUFFER];
    int payload = packet->size - packet->offset;
    Py_ssize_t before = RTP_HEADER + PyBytes_GET_SIZE(extension);
    int64_t ssrc;
    if (read_int(link, name.ssrc, &ssrc) < 0 || add_to(link, name.packets_sent, 1) < 0 ||
        add_to(link, name.octets_sent, payload) < 0)
        return -1;
    if (before + payload > MAX_SRTP_PACKET - MAX_SRTP_TRAILER) /* too long once encrypted, as everywhere */
        return 0;
    buffer[0] = 0x90;
    buffer[1] = (uint8_t)(type | (packet->marker ? 0x80 : 0));
    write_16(buffer + 2, seq);
    write_32(buffer + 4, ts);
    write_32(buffer + 8, (uint32_t)ssrc);
    memcpy(buffer + RTP_HEADER, PyBytes_AS_STRING(extension), (size_t)PyBytes_GET_SIZE(extension));
    memcpy(buffer + before, packet->data + packet->offset, (size_t)payload);
    return way_send(way, buffer, (int)before + payload);
}

/* 1: sent; 0: nothing was changed, the Python code decides; -1: an exception is set. */
static int forward_steady(PyObject *link, const Packet *packet, int level, bool red)
{
    if (Py_TYPE(link) != (PyTypeObject *)known.AudioDownlink)
        return 0;
    int open = is_object(link, name.heard, Py_True);
    if (open == 1)
        open = is_object(link, name._waiting, Py_False);
    if (open < 1)
        return open;
    int64_t type;
    int result = outgoing_type(link, packet, red, &type);
    if (result < 1)
        return result;
    PyObject *way = get(link, name._send);
    PyObject *map = get(link, name.map);
    PyObject *extension = extension_for(link, level);
    uint16_t seq;
    uint32_t ts;
    result = 0;
    if (way != NULL && map != NULL && extension != NULL && Py_TYPE(way) == &Way_Type &&
        Py_TYPE(map) == (PyTypeObject *)known.StreamMap) {
        result = map_steady(map, packet, &seq, &ts);
        if (result == 1 && emit(link, (Way *)way, packet, extension, type, seq, ts) < 0)
            result = -1;
    }
    Py_XDECREF(extension);
    Py_XDECREF(map);
    Py_XDECREF(way);
    return PyErr_Occurred() ? -1 : result;
}

int fan_out_sound(PyObject *subject, const Packet *packet, PyObject *source, int level, bool red)
{
    PyObject *slots = get(subject, name._slots);
    if (slots == NULL)
        return -1;
    int result = 0;
    if (!PyTuple_CheckExact(slots)) {
        PyErr_SetString(PyExc_TypeError, "slots are a tuple");
        result = -1;
    }
    for (Py_ssize_t i = 0; result == 0 && i < PyTuple_GET_SIZE(slots); i++) {
        PyObject *link = get(PyTuple_GET_ITEM(slots, i), name.audio);
        if (link == NULL) {
            result = -1;
            break;
        }
        result = forward_steady(link, packet, level, red);
        if (result == 0)
            result = forward(link, packet, source, level, red);
        else if (result == 1)
            result = 0;
        Py_DECREF(link);
    }
    Py_DECREF(slots);
    return result;
}
