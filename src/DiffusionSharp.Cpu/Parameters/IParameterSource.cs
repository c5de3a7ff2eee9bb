using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Cpu.Parameters;

/// <summary>Where the steps of a program find their parameters.</summary>
internal interface IParameterSource
{
    /// <summary>A parameter that lies in some way.</summary>
    ParameterPlace Place(ParameterSpec spec, ParameterLayout layout);

    /// <summary>A convolution's weights.</summary>
    PackedWeights Packed(ParameterSpec spec, PanelLayout layout);

    /// <summary>How a parameter that was asked for lies.</summary>
    ParameterLayout LayoutOf(ParameterSpec spec);

    /// <summary>A parameter that was asked for, once more.</summary>
    ParameterPlace Again(ParameterSpec spec);

    /// <summary>A convolution's weights that were asked for, once more.</summary>
    PackedWeights PackedAgain(ParameterSpec spec);
}
