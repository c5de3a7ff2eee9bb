using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Numpy;

/// <summary>The header of an .npy file (NEP 1): magic, version, length, and a Python dictionary of three keys.</summary>
/// <param name="Dtype">The element type.</param>
/// <param name="FortranOrder">Whether the first index runs fastest.</param>
/// <param name="Shape">The dimensions.</param>
/// <param name="DataBytes">Bytes of all elements.</param>
internal sealed record NpyHeader(TensorDtype Dtype, bool FortranOrder, int[] Shape, long DataBytes)
{
    public const int MaxBytes = 1 << 16;
    private const int MaxRank = 32;

    private static readonly (string Descr, TensorDtype Dtype)[] Types =
    [
        ("<f2", TensorDtype.F16), ("<f4", TensorDtype.F32), ("<f8", TensorDtype.F64), ("|i1", TensorDtype.I8), ("<i2", TensorDtype.I16),
        ("<i4", TensorDtype.I32), ("<i8", TensorDtype.I64), ("|u1", TensorDtype.U8), ("|b1", TensorDtype.BOOL), ("<i1", TensorDtype.I8), ("<u1", TensorDtype.U8),
    ];

    /// <summary>NumPy's name of a type.</summary>
    public static string Describe(TensorDtype dtype) => Types.First(t => t.Dtype == dtype).Descr;

    /// <summary>Reads the header and checks that exactly its elements follow.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="stream">Stands at the magic; left behind the header.</param>
    /// <param name="length">Bytes of the stream from there to its end.</param>
    public static NpyHeader Read(string path, Stream stream, long length)
    {
        var start = new byte[12];
        var read = stream.ReadAtLeast(start.AsSpan(0, 10), 10, throwOnEndOfStream: false);
        if (read < 10 || start[0] != 0x93 || !start.AsSpan(1).StartsWith("NUMPY"u8))
        {
            throw NpyFile.Bad(path, "it does not begin with the bytes \\x93NUMPY");
        }

        var major = start[6];
        if (major is < 1 or > 3)
        {
            throw NpyFile.Bad(path, $"it has format version {major}.{start[7]} (versions 1, 2 and 3 are supported)");
        }

        var prefix = major == 1 ? 10 : 10 + stream.ReadAtLeast(start.AsSpan(10), 2, throwOnEndOfStream: false);
        if (major > 1 && prefix < 12)
        {
            throw NpyFile.Bad(path, "it ends inside its header");
        }

        var size = major == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(start.AsSpan(8)) : BinaryPrimitives.ReadUInt32LittleEndian(start.AsSpan(8));
        if (size > MaxBytes)
        {
            throw NpyFile.Bad(path, $"it declares a header of {size} bytes (at most {MaxBytes} are accepted)");
        }

        var text = new byte[(int)Math.Min(size, Math.Max(0, length - prefix))];
        if (text.Length < size || stream.ReadAtLeast(text, text.Length, throwOnEndOfStream: false) < text.Length)
        {
            throw NpyFile.Bad(path, "it ends inside its header");
        }

        var (descr, fortranOrder, shape) = new PythonDictionary(path, Encoding.UTF8.GetString(text)).Read();
        return new NpyHeader(Type(path, descr), fortranOrder, shape, Fit(path, descr, shape, length - prefix - size));
    }

    private static TensorDtype Type(string path, string descr) => Types.FirstOrDefault(t => t.Descr == descr) is { Descr: not null } type
        ? type.Dtype
        : throw NpyFile.Bad(path, $"its type is '{Printable.Sanitize(descr, 40)}' (supported: {string.Join(", ", Types.Take(9).Select(t => t.Descr))}; convert with array.astype('<f4'))");

    private static long Fit(string path, string descr, int[] shape, long found)
    {
        var expected = (Int128)TensorInfo.ElementSize(Type(path, descr));
        foreach (var d in shape)
        {
            // Saturates: at most 2^100, whatever the header says.
            expected = d == 0 ? 0 : expected > Int128.One << 68 ? expected : expected * d;
        }

        expected = shape.Contains(0) ? 0 : expected;
        return expected == found ? found : throw NpyFile.Bad(path, $"shape ({string.Join(", ", shape)}) of '{descr}' needs {expected} bytes, found {found}");
    }

    /// <summary>A reader of just the literals NumPy writes: strings, True, False and tuples of integers.</summary>
    private sealed class PythonDictionary(string path, string text)
    {
        private int at;

        public (string Descr, bool FortranOrder, int[] Shape) Read()
        {
            string? descr = null;
            bool? fortran = null;
            int[]? shape = null;
            Require('{');
            while (!Take('}'))
            {
                var key = String();
                Require(':');
                switch (key)
                {
                    case "descr" when descr is null: descr = String(); break;
                    case "fortran_order" when fortran is null: fortran = Boolean(); break;
                    case "shape" when shape is null: shape = Tuple(); break;
                    default: throw Problem("an unknown or repeated key");
                }

                if (!Take(','))
                {
                    Require('}');
                    break;
                }
            }

            if (text[at..].Trim().Length > 0 || descr is null || fortran is null || shape is null)
            {
                throw Problem("something other than descr, fortran_order and shape");
            }

            return (descr, fortran.Value, shape);
        }

        private string String()
        {
            Skip();
            var quote = at < text.Length && text[at] is '\'' or '"' ? text[at] : throw Problem("no string where one is expected (structured types are not supported)");
            var end = text.IndexOf(quote, at + 1);
            if (end < 0)
            {
                throw Problem("an unfinished string");
            }

            var value = text[(at + 1)..end];
            at = end + 1;
            return value;
        }

        private bool Boolean() => Word("True") || (Word("False") ? false : throw Problem("a fortran_order that is neither True nor False"));

        private int[] Tuple()
        {
            var shape = new List<int>();
            Require('(');
            while (!Take(')'))
            {
                Skip();
                var start = at;
                while (at < text.Length && char.IsAsciiDigit(text[at]))
                {
                    at++;
                }

                if (!int.TryParse(text.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var d) || shape.Count == MaxRank)
                {
                    throw Problem($"a shape that is not a tuple of at most {MaxRank} integers below 2^31");
                }

                shape.Add(d);
                if (!Take(','))
                {
                    Require(')');
                    break;
                }
            }

            return [.. shape];
        }

        private bool Word(string word)
        {
            Skip();
            if (string.CompareOrdinal(text, at, word, 0, word.Length) != 0)
            {
                return false;
            }

            at += word.Length;
            return true;
        }

        private bool Take(char c)
        {
            Skip();
            var found = at < text.Length && text[at] == c;
            at += found ? 1 : 0;
            return found;
        }

        private void Require(char c)
        {
            if (!Take(c))
            {
                throw Problem($"no '{c}' at character {at}");
            }
        }

        private void Skip()
        {
            while (at < text.Length && text[at] is ' ' or '\n' or '\t')
            {
                at++;
            }
        }

        private DiffusionException Problem(string what) => NpyFile.Bad(path, $"its header has {what}");
    }
}
