using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Attention;

/// <summary>Learned keys and values of an attention, which lie as those of an image's pixels do: all heads' channels one after the other.</summary>
/// <param name="layout">How they lie.</param>
/// <param name="place">Where they lie.</param>
internal sealed unsafe class AttentionMemory(MemoryLayout layout, ParameterPlace place)
{
    public int Count => layout.Keys;

    /// <summary>Values between keys.</summary>
    public int Stride => layout.Stride;

    /// <summary>A key (of 0) or a value (of 1), all heads of it.</summary>
    public float* Row(int which, int key) => place.Floats + ((nint)((which * Count) + key) * Stride);
}
