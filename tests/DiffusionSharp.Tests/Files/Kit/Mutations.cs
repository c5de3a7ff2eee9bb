using System.Text;

namespace DiffusionSharp.Tests.Files.Kit;

/// <summary>Random damage to a valid file.</summary>
internal static class Mutations
{
    private static readonly byte[][] Tokens =
    [
        .. new[] { "-1", "0", "1", "4294967296", "9223372036854775807", "18446744073709551616", "1e9", "[", "]", "{", "}", "\"", ",", ":", "(", ")", "'", "null", "true", "\\ud800", "F16", "I8", "<f8", "|u1", "False" }.Select(Encoding.ASCII.GetBytes),
    ];

    private static readonly long[] Extremes = [0, 1, -1, int.MaxValue, int.MinValue, long.MaxValue, long.MinValue, uint.MaxValue, ushort.MaxValue, 1L << 62];

    public static byte[] Apply(byte[] valid, Random random)
    {
        var bytes = new List<byte>(valid);
        for (var n = random.Next(1, 4); n > 0; n--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(8))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes.RemoveRange(at, Math.Min(random.Next(1, 9), bytes.Count - at)); break;
                case 3: bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 30), bytes.Count - at))); break;
                case 4: bytes.InsertRange(at, Tokens[random.Next(Tokens.Length)]); break;
                case 5: Number(bytes, at, random); break;
                case 6: Splice(bytes, at, random); break;
                default:
                    var token = Tokens[random.Next(Tokens.Length)];
                    bytes.RemoveRange(at, Math.Min(token.Length, bytes.Count - at));
                    bytes.InsertRange(at, token);
                    break;
            }

            if (bytes.Count == 0)
            {
                bytes.Add(0);
            }
        }

        return [.. bytes];
    }

    // A number of 1, 2, 4 or 8 bytes, little-endian or big: a little more or less, or one that does not fit.
    private static void Number(List<byte> bytes, int at, Random random)
    {
        var width = Math.Min(1 << random.Next(4), bytes.Count - at);
        var number = new byte[8];
        bytes.CopyTo(at, number, 0, width);
        var value = BitConverter.ToInt64(number) + random.Next(-3, 4);
        var edited = BitConverter.GetBytes(random.Next(3) == 0 ? Extremes[random.Next(Extremes.Length)] : value);
        for (var i = 0; i < width; i++)
        {
            bytes[at + i] = edited[i];
        }
    }

    // Bytes of one place written over another.
    private static void Splice(List<byte> bytes, int at, Random random)
    {
        var from = random.Next(bytes.Count);
        var part = bytes.GetRange(from, Math.Min(random.Next(1, 64), bytes.Count - from));
        bytes.RemoveRange(at, Math.Min(part.Count, bytes.Count - at));
        bytes.InsertRange(at, part);
    }
}
