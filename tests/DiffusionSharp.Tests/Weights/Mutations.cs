using System.Text;

namespace DiffusionSharp.Tests.Weights;

/// <summary>Random damage to a valid file.</summary>
internal static class Mutations
{
    private static readonly byte[][] Tokens =
    [
        .. new[] { "-1", "0", "1", "4294967296", "9223372036854775807", "18446744073709551616", "1e9", "[", "]", "{", "}", "\"", ",", ":", "(", ")", "'", "null", "true", "\\ud800", "F16", "I8", "<f8", "|u1", "False" }.Select(Encoding.ASCII.GetBytes),
    ];

    public static byte[] Apply(byte[] valid, Random random)
    {
        var bytes = new List<byte>(valid);
        for (var n = random.Next(1, 4); n > 0; n--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes.RemoveRange(at, Math.Min(random.Next(1, 9), bytes.Count - at)); break;
                case 3: bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 30), bytes.Count - at))); break;
                case 4: bytes.InsertRange(at, Tokens[random.Next(Tokens.Length)]); break;
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
}
