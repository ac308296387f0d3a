/* The steady case of a packet's way, in C: in at one socket, out to every viewer.
 *
 * It decides nothing of its own. Every number and every gate lives in the Python objects that the control code works on, and is
 * read there for each packet; whatever is not plainly steady goes to the Python code, with nothing changed before. So there is no
 * second copy of a gate that could be forgotten, and no order in which closing one could come too late.
 *
 * Bytes from the network are untrusted: each length is checked before it is used. Called with the GIL held, never without. */
#ifndef HOLDSPACE_LANE_H
#define HOLDSPACE_LANE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
    MAX_SRTP_PACKET = 1500,   /* as in aiortc_seam.py, where a test holds them together */
    MAX_SRTP_TRAILER = 148,
    SHORTEST_PACKET = 12,
    RTP_HEADER = 12,
    BUFFER = 2048,            /* a datagram that is longer than this is none of a browser's */
};

/* The attributes that are read and written, by name. */
#define NAMES(X) \
    X(active) X(add) X(after) X(audio) X(before) X(began_at) X(blur) X(clear) X(datagram_received) X(distance) X(forward) X(gate) \
    X(gate_drops) X(heard) X(highest) X(intake) X(last_heard_at) X(last_packet_at) X(last_ts) X(level) X(map) X(marker) X(next_seq) \
    X(nominated) X(now) X(octets) X(octets_sent) X(packets) X(packets_sent) X(path_to) X(payload) X(receivers) X(reception) \
    X(received) X(red) X(rejected) X(repair_payload_type) X(seq) X(source) X(srtp) X(ssrc) X(take) X(ts) X(ts_offset) X(value_size) \
    X(given_up) X(_base) X(_clock_rate) X(_cycles) X(_extension) X(_given_up) X(_history) X(_jitter) X(_known) X(_last_at) X(_level_id) X(_levels) \
    X(_payload_type) X(_pictures) X(_plain_until) X(_red_payload_type) X(_resent_at) X(_ring) X(_send) X(_seqs) X(_seq_offset) X(_slots) X(_source) \
    X(_stamped) X(_stamped_at) X(_target) X(_transit) X(_waiting)

/* Where the classes with slots keep an attribute; anything else is asked as Python would. */
enum { SLOTTED_TYPES = 4 };
typedef struct {
    PyObject *word;
    struct { PyTypeObject *type; Py_ssize_t offset; } slots[SLOTTED_TYPES];
} Attribute;

#define AS_ATTRIBUTE(name) Attribute name[1];
struct names { NAMES(AS_ATTRIBUTE) };
extern struct names name;

/* The Python classes, functions and constants that steady packets meet; anything else is not steady. */
#define KNOWN(X) \
    X(MediaLink) X(Intake) X(Subject) X(Slot) X(AudioUplink) X(VideoUplink) X(Reception) X(AudioDownlink) X(VideoDownlink) X(StreamMap) X(History) \
    X(audio_receive) X(video_receive) X(subject_audio) X(subject_video) X(clear) X(open) X(most_packets) X(most_octets) X(silence)
#define AS_OBJECT(name) PyObject *name;
struct known { KNOWN(AS_OBJECT) };
extern struct known known;

/* libsrtp's srtp_protect and its three sisters. */
typedef int (*srtp_function)(void *session, void *packet, int *size);

typedef struct {
    PyObject_HEAD
    PyObject *sessions;       /* pylibsrtp's own: they keep alive what the pointers point to */
    void *rx, *tx;
    srtp_function protect, unprotect, protect_rtcp, unprotect_rtcp;
} Srtp;

typedef struct {
    PyObject_HEAD
    int fd;                   /* -1: closed */
    PyObject *link, *protocol, *clock, *failed;
    struct sockaddr_storage last;
    socklen_t last_size;
    PyObject *address;        /* `last` as Python has it */
} Port;

typedef struct {
    PyObject_HEAD
    PyObject *link;
    PyObject *pair;           /* the nominated pair that the rest was made for */
    Port *port;
    struct sockaddr_storage to;
    socklen_t to_size;
} Way;

extern PyTypeObject Srtp_Type, Port_Type, Way_Type;

/* One decrypted RTP packet, its header read. */
typedef struct {
    const uint8_t *data;
    int size;
    int offset;               /* of the payload */
    uint8_t type;             /* payload type */
    bool marker;
    uint16_t seq;
    uint32_t ts, ssrc;
    double now;
    PyObject *now_object;     /* borrowed */
} Packet;

enum outcome { TAKEN, FOR_PYTHON, FAILED };
/* FOR_PYTHON: nothing was changed. FAILED: an exception is set, the packet is dropped. */

/* attributes.c: as PyObject_GetAttr and PyObject_SetAttr. */
PyObject *get(PyObject *of, const Attribute *attribute);
int set(PyObject *of, const Attribute *attribute, PyObject *value);
/* Note where a class keeps the attribute, if it does in a slot; -1 with an exception set. */
int learn_slot(Attribute *attribute, PyTypeObject *type);
void forget_slots(Attribute *attribute);

/* 0, or -1 with an exception set. Nothing else than an int of that width, or a float, is accepted. */
int read_int(PyObject *of, const Attribute *attribute, int64_t *value);
int write_int(PyObject *of, const Attribute *attribute, int64_t value);
int add_to(PyObject *of, const Attribute *attribute, int64_t more);
int read_real(PyObject *of, const Attribute *attribute, double *value);
int write_real(PyObject *of, const Attribute *attribute, double value);
/* 1 with the value, 0 for None, -1 with an exception set. */
int read_optional_int(PyObject *of, const Attribute *attribute, int64_t *value);
/* Whether an attribute is this very object: 1, 0, or -1 with an exception set. */
int is_object(PyObject *of, const Attribute *attribute, PyObject *object);

/* srtp.c: works in place, in a buffer of BUFFER bytes. Whether it worked. */
bool srtp_open(Srtp *srtp, uint8_t *buffer, int *size);

/* way.c: encrypt what stands in the buffer (BUFFER bytes) and send it; -1 with an exception set. */
int way_send(Way *way, uint8_t *buffer, int size);

/* header.c */
bool read_header(Packet *packet, const uint8_t *data, int size);
int extension_octet(const Packet *packet, int64_t wanted_id);
bool starts_key_frame(const uint8_t *payload, int size);
void write_16(uint8_t *at, uint16_t value);
void write_32(uint8_t *at, uint32_t value);

/* reception.c: whether the packet is the very next one, and counting it. */
int reception_expects(PyObject *reception, const Packet *packet);
int reception_count(PyObject *reception, const Packet *packet);

/* intake.c */
enum outcome take_steady(PyObject *link, const uint8_t *data, int size, double now, PyObject *now_object);

/* sound.c, picture.c: to every viewer; -1 with an exception set. */
int fan_out_sound(PyObject *subject, const Packet *packet, PyObject *source, int level, bool red);
int fan_out_picture(PyObject *subject, const Packet *packet, PyObject *source);

/* stream_map.c: as StreamMap.map in its steady case: 1 with the numbers, 0 with nothing changed, -1 with an exception set. */
int map_steady(PyObject *map, const Packet *packet, uint16_t *seq, uint32_t *ts);

#endif
