/* RTP headers (RFC 3550, RFC 8285) and VP8's (RFC 7741): the same readings as rtp.py and vp8.py. */
#include "lane.h"

static uint16_t read_16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t read_32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

void write_16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

void write_32(uint8_t *at, uint32_t value)
{
    write_16(at, (uint16_t)(value >> 16));
    write_16(at + 2, (uint16_t)value);
}

/* False for whatever is not plain: padding, contributing sources, a header that is cut off, no payload. */
bool read_header(Packet *packet, const uint8_t *data, int size)
{
    if (size < RTP_HEADER || data[0] & 0x2F)
        return false;
    int offset = RTP_HEADER;
    if (data[0] & 0x10) {
        if (size < offset + 4)
            return false;
        offset += 4 + 4 * read_16(data + offset + 2);
    }
    if (offset >= size)
        return false;
    packet->data = data;
    packet->size = size;
    packet->offset = offset;
    packet->type = data[1] & 0x7F;
    packet->marker = data[1] > 0x7F;
    packet->seq = read_16(data + 2);
    packet->ts = read_32(data + 4);
    packet->ssrc = read_32(data + 8);
    return true;
}

/* First octet of a one-byte header extension element; -1 without it. */
int extension_octet(const Packet *packet, int64_t wanted_id)
{
    const uint8_t *data = packet->data;
    if (!(data[0] & 0x10) || read_16(data + RTP_HEADER) != 0xBEDE)
        return -1;
    int position = RTP_HEADER + 4;
    while (position + 1 < packet->offset) {
        uint8_t octet = data[position];
        if (octet == 0) {
            position += 1;
            continue;
        }
        if (octet >> 4 == wanted_id)
            return data[position + 1];
        position += 2 + (octet & 0x0F);
    }
    return -1;
}

bool starts_key_frame(const uint8_t *payload, int size)
{
    if (size < 1 || (payload[0] & 0x17) != 0x10)
        return false;
    int offset = 1;
    if (payload[0] & 0x80) {
        if (size < 2)
            return false;
        offset = 2;
        if (payload[1] & 0x80)
            offset += offset < size && payload[offset] & 0x80 ? 2 : 1;
        offset += (payload[1] & 0x40) != 0;
        offset += (payload[1] & 0x30) != 0;
    }
    return offset < size && !(payload[offset] & 1);
}
