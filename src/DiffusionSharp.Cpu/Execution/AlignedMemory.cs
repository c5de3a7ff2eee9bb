using System.Runtime.InteropServices;

namespace DiffusionSharp.Cpu.Execution;

/// <summary>Memory outside the garbage collector's heap, on a cache line's border.</summary>
internal sealed unsafe class AlignedMemory : IDisposable
{
    private const int CacheLine = 64;

    private void* pointer;

    public AlignedMemory(long bytes)
    {
        Bytes = bytes;
        pointer = NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, CacheLine), CacheLine);
        GC.AddMemoryPressure(Math.Max(bytes, 1));
    }

    ~AlignedMemory() => Free();

    public long Bytes { get; }

    public float* Floats => (float*)pointer;

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
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
