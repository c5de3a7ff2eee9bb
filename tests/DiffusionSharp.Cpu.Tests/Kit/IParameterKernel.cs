using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Tests.Kit;

/// <summary>A step that writes a parameter's gradient and can be made for every vector width.</summary>
internal interface IParameterKernel
{
    IStep Create<T>(ParameterPlace gradient)
        where T : unmanaged, ISimd<T>;
}
