using System.Runtime.Intrinsics.X86;

namespace DiffusionSharp.Torch.Native;

/// <summary>Whether the processor tells the sizes of its caches. Some virtual machines hide them.</summary>
internal static class CacheSizes
{
    // "Deterministic cache parameters" of Intel's and of AMD's processors; the lowest five bits of EAX are a cache's type, 0 for none.
    private const uint Intel = 4, Amd = 0x8000001D, ExtendedLeaves = 0x80000000, Type = 31;

    /// <summary>True where they are told, and on processors that are not x86.</summary>
    public static bool AreTold => !X86Base.IsSupported || AreToldBy(leaf => (uint)X86Base.CpuId((int)leaf, 0).Eax);

    /// <summary>The same for any processor.</summary>
    /// <param name="eax">EAX of the first part of a CPUID leaf.</param>
    public static bool AreToldBy(Func<uint, uint> eax)
    {
        return Has(0, Intel) || Has(ExtendedLeaves, Amd);

        // A leaf beyond the last one has another one's values.
        bool Has(uint range, uint leaf) => eax(range) >= leaf && (eax(leaf) & Type) != 0;
    }
}
