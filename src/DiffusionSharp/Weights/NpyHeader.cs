using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace DiffusionSharp.Weights;

/// <summary>The header of an .npy file (NEP 1): magic, version, length, and a Python dictionary of three keys.</summary>
internal sealed record NpyHeader(string Descr, bool FortranOrder, int[] Shape, int DataStart)
{
    public const int MaxBytes = 1 << 16;
    private const int MaxRank = 32;

    /// <param name="path">For messages.</param>
    /// <param name="start">The file's first bytes: all of it, or at least <see cref="MaxBytes"/> + 12 of them.</param>
    public static NpyHeader Parse(string path, ReadOnlySpan<byte> start)
    {
        if (start.Length < 10 || start[0] != 0x93 || !start[1..].StartsWith("NUMPY"u8))
        {
            throw NpyFile.Bad(path, "it does not begin with the bytes \\x93NUMPY");
        }

        var major = start[6];
        if (major is < 1 or > 3)
        {
            throw NpyFile.Bad(path, $"it has format version {major}.{start[7]} (versions 1, 2 and 3 are supported)");
        }

        var prefix = major == 1 ? 10 : 12;
        if (start.Length < prefix)
        {
            throw NpyFile.Bad(path, "it ends inside its header");
        }

        var length = major == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(start[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(start[8..]);
        if (length > MaxBytes)
        {
            throw NpyFile.Bad(path, $"it declares a header of {length} bytes (at most {MaxBytes} are accepted)");
        }

        if (length > start.Length - prefix)
        {
            throw NpyFile.Bad(path, "it ends inside its header");
        }

        var text = Encoding.UTF8.GetString(start.Slice(prefix, (int)length));
        return new PythonDictionary(path, text).Read(prefix + (int)length);
    }

    /// <summary>A reader of just the literals NumPy writes: strings, True, False and tuples of integers.</summary>
    private sealed class PythonDictionary(string path, string text)
    {
        private int at;

        public NpyHeader Read(int dataStart)
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

            return new NpyHeader(descr, fortran.Value, shape, dataStart);
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
