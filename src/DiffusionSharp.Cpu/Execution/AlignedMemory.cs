using System.Diagnostics;
using System.Runtime.InteropServices;

namespace DiffusionSharp.Cpu.Execution;

/// <summary>
/// Memory outside the garbage collector's heap, on a cache line's border. In a checked build (<c>-c Checked</c>, or Debug) a line of known bytes lies before it and
/// behind it, which tells whether a kernel wrote there.
/// </summary>
internal sealed unsafe class AlignedMemory : IDisposable
{
    private const int CacheLine = 64;
    private const byte Untouched = 0xA5;

    // From here on large pages are worth the room that they may waste.
    private const long Large = 4 << 20;
#if DEBUG
    private const int Guard = CacheLine;
#else
    private const int Guard = 0;
#endif

    /// <summary>Whether this is a checked build.</summary>
    public static bool IsChecked => Guard > 0;

    private byte* pointer;

    public AlignedMemory(long bytes)
    {
        Bytes = bytes;
        var large = bytes >= Large;
        pointer = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(Guard + bytes + Guard, CacheLine), large ? (nuint)HugePages.Size : CacheLine);
        if (large)
        {
            HugePages.Ask(pointer, bytes);
        }

        new Span<byte>(pointer, Guard).Fill(Untouched);
        new Span<byte>(pointer + Guard + bytes, Guard).Fill(Untouched);
        GC.AddMemoryPressure(Math.Max(bytes, 1));
    }

    ~AlignedMemory() => Free();

    public long Bytes { get; }

    public float* Floats => (float*)(pointer + Guard);

    /// <summary>In a checked build, throws when something was written beside this memory.</summary>
    /// <param name="during">What may have done it.</param>
    [Conditional("DEBUG")]
    public void Check(string during)
    {
        if (pointer is not null && (IsTouched(pointer) || IsTouched(pointer + Guard + Bytes)))
        {
            throw new InvalidOperationException($"{during}: something was written beside {Bytes} bytes of memory");
        }

    }

    /// <summary>In a checked build, lays a line of known bytes behind what a step may write, if there is room for it.</summary>
    /// <param name="first">Where that begins, in values.</param>
    /// <param name="count">How many values it is.</param>
    /// <param name="room">How many there are up to what is another's.</param>
    [Conditional("DEBUG")]
    public void Fence(long first, long count, long room)
    {
        if (count + (Guard / sizeof(float)) <= room)
        {
            new Span<byte>(Floats + first + count, Guard).Fill(Untouched);
        }
    }

    /// <summary>In a checked build, throws when something was written on such a line.</summary>
    /// <param name="during">What may have done it.</param>
    /// <param name="first">As for <see cref="Fence"/>.</param>
    /// <param name="count">As for <see cref="Fence"/>.</param>
    /// <param name="room">As for <see cref="Fence"/>.</param>
    [Conditional("DEBUG")]
    public void CheckFence(string during, long first, long count, long room)
    {
        if (count + (Guard / sizeof(float)) <= room && IsTouched((byte*)(Floats + first + count)))
        {
            throw new InvalidOperationException($"{during}: something was written behind the {count} values that it asked for");
        }
    }

    private static bool IsTouched(byte* guard) => new ReadOnlySpan<byte>(guard, Guard).ContainsAnyExcept(Untouched);

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        try
        {
            Check("until it was freed");
        }
        finally
        {
            Free();
        }
    }

    private void Free()
    {
        if (pointer is not null)
        {
            NativeMemory.AlignedFree(pointer);
            pointer = null;
            GC.RemoveMemoryPressure(Math.Max(Bytes, 1));
        }
    }
}
