using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace DiffusionSharp.Files.Storage;

/// <summary>
/// SHA-256 (FIPS 180-4) in C#. .NET's own is OpenSSL's on Linux, and ends the process where that is not installed, which nobody can catch:
/// everything here that hashes does it with this.
/// </summary>
public sealed class Sha256
{
    private const int BlockBytes = 64;
    private const int Rounds = 64;
    private const int BufferBytes = 1 << 16;

    // The first 32 bits of the fractions of the cube roots of the first 64 primes.
    private static ReadOnlySpan<uint> K =>
    [
        0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
        0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
        0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
        0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
        0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
        0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
        0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
        0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2,
    ];

    private readonly uint[] state = [0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19];
    private readonly byte[] block = new byte[BlockBytes];
    private ulong length;

    /// <summary>The hash of some bytes, as 64 lowercase hexadecimal digits.</summary>
    /// <param name="bytes">The bytes.</param>
    public static string Compute(ReadOnlySpan<byte> bytes)
    {
        var hash = new Sha256();
        hash.Append(bytes);
        return hash.Finish();
    }

    /// <summary>The hash of what is left of a stream, as 64 lowercase hexadecimal digits.</summary>
    /// <param name="stream">The stream, which stays open.</param>
    public static string Compute(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var hash = new Sha256();
        var buffer = new byte[BufferBytes];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            hash.Append(buffer.AsSpan(0, read));
        }

        return hash.Finish();
    }

    /// <summary>The hash of a file, as 64 lowercase hexadecimal digits.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It is missing or cannot be read.</exception>
    public static string ComputeFile(string path)
    {
        using var stream = RegularFile.OpenRead(path);
        return Compute(stream);
    }

    /// <summary>Takes bytes in.</summary>
    /// <param name="bytes">What follows the bytes before.</param>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        var filled = (int)(length % BlockBytes);
        length += (ulong)bytes.Length;
        if (filled > 0)
        {
            var part = Math.Min(bytes.Length, BlockBytes - filled);
            bytes[..part].CopyTo(block.AsSpan(filled));
            bytes = bytes[part..];
            if (filled + part < BlockBytes)
            {
                return;
            }

            Compress(block);
        }

        var whole = bytes.Length - (bytes.Length % BlockBytes);
        Compress(bytes[..whole]);
        bytes[whole..].CopyTo(block);
    }

    /// <summary>Ends the message: the hash as 64 lowercase hexadecimal digits. Nothing may be appended any more.</summary>
    public string Finish()
    {
        // A one bit, zeros up to eight bytes before the end of a block, and in these the number of bits.
        Span<byte> end = stackalloc byte[2 * BlockBytes];
        end.Clear();
        end[0] = 0x80;
        var size = BlockBytes - (int)((length + sizeof(ulong)) % BlockBytes) + sizeof(ulong);
        BinaryPrimitives.WriteUInt64BigEndian(end[(size - sizeof(ulong))..], 8 * length);
        Append(end[..size]);
        Span<uint> words = stackalloc uint[state.Length];
        state.CopyTo(words);
        if (BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(words, words);
        }

        return Convert.ToHexStringLower(MemoryMarshal.AsBytes(words));
    }

    private void Compress(ReadOnlySpan<byte> blocks)
    {
        Span<uint> w = stackalloc uint[Rounds];
        for (; blocks.Length > 0; blocks = blocks[BlockBytes..])
        {
            for (var t = 0; t < 16; t++)
            {
                w[t] = BinaryPrimitives.ReadUInt32BigEndian(blocks[(4 * t)..]);
            }

            for (var t = 16; t < Rounds; t++)
            {
                uint x = w[t - 15], y = w[t - 2];
                w[t] = w[t - 16] + w[t - 7] + (RotateRight(x, 7) ^ RotateRight(x, 18) ^ (x >> 3)) + (RotateRight(y, 17) ^ RotateRight(y, 19) ^ (y >> 10));
            }

            uint a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
            for (var t = 0; t < Rounds; t++)
            {
                var one = h + K[t] + w[t] + (RotateRight(e, 6) ^ RotateRight(e, 11) ^ RotateRight(e, 25)) + (g ^ (e & (f ^ g)));
                var two = (RotateRight(a, 2) ^ RotateRight(a, 13) ^ RotateRight(a, 22)) + ((a & b) ^ (c & (a ^ b)));
                (h, g, f, e, d, c, b, a) = (g, f, e, d + one, c, b, a, one + two);
            }

            state[0] += a;
            state[1] += b;
            state[2] += c;
            state[3] += d;
            state[4] += e;
            state[5] += f;
            state[6] += g;
            state[7] += h;
        }
    }

    private static uint RotateRight(uint x, int bits) => BitOperations.RotateRight(x, bits);
}
