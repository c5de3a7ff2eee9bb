using System.Runtime.InteropServices;

namespace TestKit.Networks;

/// <summary>Equality that also tells zeros and NaNs apart.</summary>
public static class Bits
{
    public static bool AreEqual(ReadOnlySpan<float> a, ReadOnlySpan<float> b) => MemoryMarshal.AsBytes(a).SequenceEqual(MemoryMarshal.AsBytes(b));
}
