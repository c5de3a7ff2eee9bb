using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Pickle;

/// <summary>
/// The memory that reading a file's table may take: the file's size and a little. Everything that is kept is charged before it is made,
/// rather more than it takes, so that a small file cannot make much of itself.
/// </summary>
internal sealed class ReadBudget(string path, long fileLength)
{
    // Half of a MiB less than what a refused file may take: buffers and messages are not charged.
    private const long Allowance = 7 << 19;
    private long left = fileLength + Allowance;

    /// <summary>Charges bytes.</summary>
    public void Charge(long bytes)
    {
        left -= bytes;
        if (left < 0)
        {
            throw ModelFileError.Refused(
                path, $"what it describes would take more memory than a file of {fileLength} bytes may (its size and 3.5 MiB); if you trust it, load it in Python and save only the weights");
        }
    }

    /// <summary>Charges an object with at most three references or numbers in it.</summary>
    public void ChargeObject() => Charge(40);

    /// <summary>Charges an array.</summary>
    public void ChargeArray(long count, int elementSize = 8) => Charge(count == 0 ? 0 : 32 + (count * elementSize));

    /// <summary>Charges a string.</summary>
    public void ChargeText(long length) => Charge(32 + (2 * length));

    /// <summary>Makes room for one more element.</summary>
    public void Grow<T>(ref T[] array, int count, int elementSize)
    {
        if (count == array.Length)
        {
            var length = Math.Max(4, 2 * count);
            ChargeArray(length, elementSize);
            Array.Resize(ref array, length);
        }
    }
}
