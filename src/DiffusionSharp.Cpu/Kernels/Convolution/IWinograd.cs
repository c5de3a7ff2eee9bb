using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Kernels.Simd;

namespace DiffusionSharp.Cpu.Kernels.Convolution;

/// <summary>
/// A 3×3 convolution by Winograd's minimal filtering (Lavin and Gray 2016): outputs of a tile y = Aᵀ[(G g Gᵀ) ∘ (Bᵀ d B)]A, where ∘ over
/// all channels is one matrix product for each place of the transformed tile.
/// </summary>
internal unsafe interface IWinograd
{
    /// <summary>Side of a tile's outputs.</summary>
    static abstract int Outputs { get; }

    /// <summary>Side of a tile's inputs, Outputs + 2.</summary>
    static abstract int Side { get; }

    /// <summary>Pixels of the image, in each direction, that one stored pixel stands for; each of them is a phase with weights of its own.</summary>
    static virtual int Scale => 1;

    /// <summary>Bᵀ d B of one vector of channels.</summary>
    /// <param name="pixels">The tile's Side² pixels, row by row.</param>
    /// <param name="channel">First channel.</param>
    /// <param name="destination">The first of Side² places.</param>
    /// <param name="plane">Distance of the places.</param>
    static abstract void Input<T>(float** pixels, nint channel, float* destination, nint plane)
        where T : unmanaged, ISimd<T>;

    /// <summary>G g Gᵀ of one vector of output channels.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="place">Place of the first of 9 taps.</param>
    /// <param name="tap">Distance of the taps.</param>
    /// <param name="phase">Of the Scale² outputs that belong to a stored pixel, row by row.</param>
    /// <param name="destination">The first of Side² places.</param>
    /// <param name="plane">Distance of the places.</param>
    static abstract void Weights<T, TFormat>(void* weights, nint place, nint tap, int phase, float* destination, nint plane)
        where T : unmanaged, ISimd<T>
        where TFormat : IWeightFormat;

    /// <summary>Whether a place's transformed weights are zero in a phase.</summary>
    static virtual bool Vanishes(int phase, int place) => false;

    /// <summary>Aᵀ m A of one vector of channels.</summary>
    /// <param name="products">The first of Side² places.</param>
    /// <param name="plane">Distance of the places.</param>
    /// <param name="destination">Outputs² vectors, row by row.</param>
    static abstract void Output<T>(float* products, nint plane, T* destination)
        where T : unmanaged, ISimd<T>;
}
