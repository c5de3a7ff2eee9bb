using System.Globalization;
using System.Numerics;
using System.Text;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Pickle;

/// <summary>Reads what stands behind a pickle's instructions: numbers, text and bytes, each within the budget.</summary>
internal sealed class PickleLiterals(ByteCursor cursor, PickleContext context)
{
    private const int MaxDigits = 1000;
    private const int MaxLine = 4096;
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private readonly ReadBudget budget = context.Budget;
    private readonly string path = context.Path;

    public ulong Unsigned(int bytes)
    {
        var value = 0UL;
        var span = cursor.Read(bytes);
        for (var i = bytes - 1; i >= 0; i--)
        {
            value = (value << 8) | span[i];
        }

        return value;
    }

    private int Length(ulong length) => length <= (ulong)Math.Min(cursor.Remaining, int.MaxValue)
        ? (int)length
        : throw Bad($"its pickle has a value of {length} bytes, but {cursor.Remaining} follow (cut off?)");

    /// <summary>LONG1 and LONG4: so many bytes, little-endian.</summary>
    public PickleValue Long(ulong declared)
    {
        var length = Length(declared);
        if (length > MaxDigits)
        {
            throw Bad($"its pickle has an integer of {length} bytes (at most {MaxDigits} are accepted)");
        }

        return Large(new BigInteger(cursor.Read(length)));
    }

    private PickleValue Large(BigInteger value)
    {
        if (value >= long.MinValue && value <= long.MaxValue)
        {
            return PickleValue.Integer.Create((long)value, budget);
        }

        budget.ChargeObject();
        budget.ChargeText(4 * MaxDigits);
        return new PickleValue.LargeInteger(value.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>INT and LONG: a line of digits.</summary>
    public PickleValue IntegerLine()
    {
        var line = cursor.ReadLine(MaxDigits);
        if (line.SequenceEqual("01"u8) || line.SequenceEqual("00"u8))
        {
            return line[1] == (byte)'1' ? PickleValue.Flag.True : PickleValue.Flag.False;
        }

        line = line.EndsWith("L"u8) ? line[..^1] : line;
        budget.Charge(4 * MaxDigits);
        return Large(BigInteger.TryParse(PickleLines.Ascii(path, line), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw Bad("an integer in its pickle is no number"));
    }

    public PickleValue FloatLine() => Number(
        double.TryParse(cursor.ReadLine(MaxDigits), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : throw Bad("a float in its pickle is no number"));

    public PickleValue Number(double value)
    {
        budget.ChargeObject();
        return new PickleValue.Number(value);
    }

    public uint IndexLine() => uint.TryParse(cursor.ReadLine(20), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
        ? index
        : throw Bad("the number of a remembered value in its pickle is no number");

    /// <summary>UNICODE: a line of text.</summary>
    public PickleValue TextLine()
    {
        var text = PickleLines.Unicode(path, cursor.ReadLine(MaxLine));
        budget.ChargeObject();
        budget.Charge(16L * text.Length);
        return new PickleValue.Text(text, -1, text.Length);
    }

    /// <summary>STRING: a line with a quoted string, which is bytes.</summary>
    public PickleValue BytesLine()
    {
        var bytes = PickleLines.String(path, cursor.ReadLine(MaxLine));
        budget.Charge(64);
        budget.ChargeArray(bytes.Length, 3);
        return new PickleValue.Bytes(bytes, -1, bytes.Length);
    }

    /// <summary>So many bytes of UTF-8; long ones stay in the file.</summary>
    public PickleValue Text(ulong declared)
    {
        var length = Length(declared);
        budget.ChargeObject();
        var offset = cursor.Position;
        if (length > ByteCursor.MaxRead)
        {
            cursor.Skip(length);
            return new PickleValue.Text(null, offset, length);
        }

        budget.ChargeText(length);
        try
        {
            return new PickleValue.Text(Strict.GetString(cursor.Read(length)), offset, length);
        }
        catch (DecoderFallbackException e)
        {
            throw ModelFileError.Malformed(path, "a string in its pickle is not valid UTF-8 text", e);
        }
    }

    /// <summary>So many bytes; long ones stay in the file.</summary>
    public PickleValue Bytes(ulong declared)
    {
        var length = Length(declared);
        budget.Charge(64);
        var offset = cursor.Position;
        ReadOnlyMemory<byte>? memory = null;
        if (length > ByteCursor.MaxRead)
        {
            cursor.Skip(length);
        }
        else
        {
            budget.ChargeArray(length, 1);
            memory = cursor.Read(length).ToArray();
        }

        return new PickleValue.Bytes(memory, offset, length);
    }

    private DiffusionException Bad(string reason) => context.Bad(reason);
}
